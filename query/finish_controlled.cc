#include "query/finish_controlled.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "query/constants.h"
#include "query/disclosure.h"
#include "query/poisson.h"
#include "query/shares.h"

namespace chartline::query {

using typed::Op;
using Figure = std::optional<std::int64_t>;

namespace {

constexpr double days_per_year = 365.25;
constexpr std::int32_t survival_step_days = 30;

Cell told(Figure figure) { return figure ? Cell(*figure) : Cell(Missing{}); }

// What is made of other figures, where it still speaks of enough people.
Figure enough(std::int64_t figure) { return figure > few_people ? Figure(figure) : std::nullopt; }

std::vector<Cell> groups_of(const Key& key, std::size_t from = 0) {
  return {key.begin() + static_cast<std::ptrdiff_t>(from), key.end()};
}

class Controlled {
 public:
  Controlled(const typed::Node& statement, const Program& program, const Findings& findings, DisclosureControl control,
             RowStream& out)
      : statement_(statement), program_(program), findings_(findings), control_(std::move(control)), out_(out) {}

  Result<void> give() {
    switch (statement_.op) {
      case Op::count_patients:
      case Op::tally: return counts();
      case Op::flow: return flow();
      case Op::measure: return measure();
      case Op::incidence: return incidence();
      default: check(statement_.op == Op::survival, "a statement that gives figures"); return survival();
    }
  }

 private:
  bool has_groups(std::size_t part) const { return !statement_.parts[part]->parts.empty(); }

  // Without groups one row, whether anything may be told or not.
  Result<void> row(const Key& key, Figure figure) {
    if (!figure && has_groups(1)) return {};
    std::vector<Cell> row = groups_of(key);
    row.push_back(told(figure));
    return out_.row(std::move(row));
  }

  Result<void> counts() {
    const bool shares = needs_shares(statement_);
    if (shares ? findings_.shares.empty() : findings_.counts.empty()) return row({}, std::nullopt);
    for (const auto& [key, figures] : findings_.counts) TRY(row(key, control_.people(figures[0], key, "patients")));
    const bool events = statement_.op == Op::tally;
    for (const auto& [key, brought] : findings_.shares) {
      TRY(row(key, events ? control_.amount(brought[0], key, "events")
                          : control_.people(brought[0].people(), key, "patients")));
    }
    return {};
  }

  // No step leaves more than the one before it, whatever the noise; nor does one behind a step that is suppressed.
  Result<void> flow() {
    const auto found = findings_.counts.find(Key{});
    const auto& names = std::get<typed::Names>(statement_.data);
    Figure before;
    for (std::size_t i = 0; i < statement_.parts.size(); ++i) {
      const auto step = static_cast<std::int64_t>(i + 1);
      Figure left;
      if (found != findings_.counts.end()) left = control_.people(found->second[i], {step}, "patients");
      if (i > 0 && left) left = before ? Figure(std::min(*left, *before)) : std::nullopt;
      const bool is_named = i < names.size() && !names[i].empty();
      const Figure lost = i > 0 && left ? enough(*before - *left) : std::nullopt;
      TRY(out_.row({step, is_named ? names[i] : program_.printed(*statement_.parts[i]), told(left), told(lost)}));
      before = left;
    }
    return {};
  }

  Result<void> measure() {
    const std::vector<MeasureInterval> intervals = TRY(intervals_of(statement_, program_));
    const auto give = [&](const Key& key, std::int64_t numerator, std::int64_t denominator) -> Result<void> {
      const Figure of = control_.people(denominator, key, "denominator");
      if (!of && has_groups(2)) return {};
      Figure with;
      Cell share = Missing{};
      if (of) with = control_.people(numerator, key, "numerator");
      if (of && with) {
        const std::int64_t met = std::min(*with, *of);
        with = met, share = static_cast<double>(met) / static_cast<double>(*of);
      }
      const MeasureInterval& interval = intervals[static_cast<std::size_t>(std::get<std::int64_t>(key[0]))];
      std::vector<Cell> row = {record::day_time(interval.first), record::day_time(interval.last)};
      for (Cell& group : groups_of(key, 1)) row.push_back(std::move(group));
      row.push_back(told(with)), row.push_back(told(of));
      row.push_back(std::move(share));
      return out_.row(std::move(row));
    };
    if (has_groups(2)) {
      for (const auto& [key, figures] : findings_.counts) TRY(give(key, figures[0], figures[1]));
      return {};
    }
    for (std::size_t i = 0; i < intervals.size(); ++i) {
      const Key key = {static_cast<std::int64_t>(i)};
      const auto found = findings_.counts.find(key);
      const bool counted = found != findings_.counts.end();
      TRY(give(key, counted ? found->second[0] : 0, counted ? found->second[1] : 0));
    }
    return {};
  }

  Result<void> incidence() {
    const auto give = [&](const Key& key, const Findings::Shares& brought) -> Result<void> {
      const Figure persons = control_.people(brought[0].people(), key, "persons");
      if (!persons && has_groups(1)) return {};
      Figure events, days;
      if (persons) events = control_.amount(brought[1], key, "events"), days = control_.amount(brought[2], key, "days");
      const double years = days ? static_cast<double>(*days) / days_per_year : 0;
      const PoissonInterval interval = poisson_interval(events.value_or(0));
      const auto rate = [&](double count) { return events && days ? Cell(1000 * count / years) : Cell(Missing{}); };
      std::vector<Cell> row = groups_of(key);
      row.insert(row.end(), {told(persons), told(events), days ? Cell(years) : Cell(Missing{}),
                             rate(static_cast<double>(events.value_or(0))), rate(interval.low), rate(interval.high)});
      return out_.row(std::move(row));
    };
    if (findings_.shares.empty() && !has_groups(1)) return give({}, {});
    for (const auto& [key, brought] : findings_.shares) TRY(give(key, brought));
    return {};
  }

  struct DayCount {
    std::int64_t events = 0, censored = 0;
  };

  // Each person once, from the first index date on. Steps end on fixed days, and go on until their events may be told; who is
  // at risk is what the figures told before leave.
  Result<void> survival() {
    std::map<Key, std::map<std::int32_t, DayCount>, KeyOrder> groups;
    if (!has_groups(1)) groups[{}];
    for (const Findings::FollowUp& one : findings_.follow_ups) {
      if (one.repeated) continue;
      DayCount& day = groups[one.group][one.days];
      (one.happened ? day.events : day.censored) += one.rows;
    }
    for (const auto& [key, days] : groups) TRY(curve(key, days));
    return {};
  }

  Result<void> curve(const Key& key, const std::map<std::int32_t, DayCount>& days) {
    std::int64_t persons = 0;
    for (const auto& [day, count] : days) persons += count.events + count.censored;
    Figure at_risk = control_.people(persons, key, "at risk");
    double survival = 1;
    const auto give = [&](std::int32_t day, Figure events, Figure censored) {
      std::vector<Cell> row = groups_of(key);
      row.insert(row.end(), {std::int64_t{day}, told(at_risk), told(events), told(censored),
                             at_risk ? Cell(survival) : Cell(Missing{})});
      return out_.row(std::move(row));
    };
    if (at_risk || !has_groups(1)) TRY(give(0, std::nullopt, std::nullopt));
    if (!at_risk) return {};
    DayCount waiting;
    auto next = days.begin();
    for (std::int32_t end = survival_step_days; next != days.end(); end += survival_step_days) {
      for (; next != days.end() && next->first <= end; ++next) {
        waiting.events += next->second.events, waiting.censored += next->second.censored;
      }
      Key step = key;
      step.emplace_back(std::int64_t{end});
      const Figure events = control_.people(waiting.events, step, "events");
      if (!events) continue;
      const Figure censored = control_.people(waiting.censored, step, "censored");
      const Figure after = enough(*at_risk - *events);
      if (!after) return {};
      survival *= 1 - static_cast<double>(*events) / static_cast<double>(*at_risk);
      TRY(give(end, events, censored));
      at_risk = enough(*after - censored.value_or(0));
      if (!at_risk) return {};
      waiting.events = 0;
      if (censored) waiting.censored = 0;
    }
    return {};
  }

  const typed::Node& statement_;
  const Program& program_;
  const Findings& findings_;
  const DisclosureControl control_;
  RowStream& out_;
};

// How many cells of the answer one person may be in.
Result<std::int64_t> cells_of(const typed::Node& statement, const Program& program, const Findings& findings) {
  if (needs_shares(statement)) return static_cast<std::int64_t>(findings.groups_most);
  if (statement.op == Op::flow) return static_cast<std::int64_t>(statement.parts.size());
  if (statement.op == Op::measure) return static_cast<std::int64_t>(TRY(intervals_of(statement, program)).size());
  return 1;
}

}  // namespace

Result<void> finish_controlled(const typed::Node& statement, const Schema& schema, const Program& program,
                               Findings&& findings, const FiguresControl& control, ResultSink& sink) {
  check(control.key != nullptr, "a key of figures");
  findings.count_foremost();
  const std::int64_t cells = TRY(cells_of(statement, program, findings));
  TRY(sink.begin(schema));
  RowStream out(schema, sink);
  DisclosureControl figures(control.mode, *control.key, control.question, cells);
  TRY(Controlled(statement, program, findings, std::move(figures), out).give());
  TRY(out.flush());
  return sink.end();
}

}  // namespace chartline::query
