// From what was counted to result rows.
#include <map>

#include "query/constants.h"
#include "query/findings.h"
#include "query/poisson.h"

namespace chartline::query {

using typed::Op;

namespace {

constexpr double days_per_year = 365.25;

constexpr std::size_t figures_most = 6;

// The groups of a key: all of it, or what stands behind the number of an interval. With room for figures.
std::vector<Cell> groups_of(const Key& key, std::size_t from = 0) {
  std::vector<Cell> groups;
  groups.reserve(key.size() - from + figures_most);
  groups.assign(key.begin() + static_cast<std::ptrdiff_t>(from), key.end());
  return groups;
}

// A figure of each group; without groups one row, though nothing was counted.
Result<void> finish_counts(const typed::Node& groups, const Findings& findings, RowStream& out) {
  if (groups.parts.empty() && findings.counts.empty()) return out.row({std::int64_t{0}});
  for (const auto& [key, figures] : findings.counts) {
    std::vector<Cell> row = groups_of(key);
    row.push_back(figures[0]);
    TRY(out.row(std::move(row)));
  }
  return {};
}

// Nobody is lost at the first step: what it leaves is where the flow begins.
Result<void> finish_flow(const typed::Node& flow, const Program& program, const Findings& findings, RowStream& out) {
  const auto found = findings.counts.find(Key{});
  const auto& names = std::get<typed::Names>(flow.data);
  for (std::size_t i = 0; i < flow.parts.size(); ++i) {
    const auto left = [&](std::size_t step) { return found == findings.counts.end() ? 0 : found->second[step]; };
    const bool is_named = i < names.size() && !names[i].empty();
    std::vector<Cell> row = {static_cast<std::int64_t>(i + 1), is_named ? names[i] : program.printed(*flow.parts[i]),
                             left(i)};
    row.push_back(i == 0 ? Cell(Missing{}) : Cell(left(i - 1) - left(i)));
    TRY(out.row(std::move(row)));
  }
  return {};
}

Result<void> finish_measure(const typed::Node& measure, const Program& program, const Findings& findings, RowStream& out) {
  const std::vector<MeasureInterval> intervals = TRY(intervals_of(measure, program));
  const auto give = [&](std::size_t interval, const std::vector<Cell>& groups, std::int64_t numerator,
                        std::int64_t denominator) {
    std::vector<Cell> row = {record::day_time(intervals[interval].first), record::day_time(intervals[interval].last)};
    row.insert(row.end(), groups.begin(), groups.end());
    row.push_back(numerator), row.push_back(denominator);
    row.push_back(denominator ? Cell(static_cast<double>(numerator) / static_cast<double>(denominator))
                              : Cell(Missing{}));
    return out.row(std::move(row));
  };
  if (measure.parts[2]->parts.empty()) {
    for (std::size_t i = 0; i < intervals.size(); ++i) {
      const auto found = findings.counts.find(Key{static_cast<std::int64_t>(i)});
      const bool counted = found != findings.counts.end();
      TRY(give(i, {}, counted ? found->second[0] : 0, counted ? found->second[1] : 0));
    }
    return {};
  }
  for (const auto& [key, figures] : findings.counts) {
    TRY(give(static_cast<std::size_t>(std::get<std::int64_t>(key[0])), groups_of(key, 1), figures[0], figures[1]));
  }
  return {};
}

// What happened on one day of follow-up.
struct DayCount {
  std::int64_t events = 0, censored = 0;
};
struct Followed {
  std::int64_t persons = 0, events = 0, days = 0;
  std::map<std::int32_t, DayCount> by_day;
};
std::map<Key, Followed, KeyOrder> by_group(const Findings& findings) {
  std::map<Key, Followed, KeyOrder> groups;
  for (const Findings::FollowUp& one : findings.follow_ups) {
    Followed& group = groups[one.group];
    if (!one.repeated) group.persons += one.rows;
    group.days += one.days * one.rows;
    if (one.happened) group.events += one.rows;
    DayCount& day = group.by_day[one.days];
    (one.happened ? day.events : day.censored) += one.rows;
  }
  return groups;
}

Result<void> finish_incidence(const typed::Node& statement, const Findings& findings, RowStream& out) {
  auto groups = by_group(findings);
  if (statement.parts[1]->parts.empty()) groups[{}];
  for (const auto& [key, group] : groups) {
    const double years = static_cast<double>(group.days) / days_per_year;
    const PoissonInterval interval = poisson_interval(group.events);
    const auto rate = [&](double events) { return years > 0 ? Cell(1000 * events / years) : Cell(Missing{}); };
    std::vector<Cell> row = groups_of(key);
    row.insert(row.end(), {group.persons, group.events, years, rate(static_cast<double>(group.events)),
                           rate(interval.low), rate(interval.high)});
    TRY(out.row(std::move(row)));
  }
  return {};
}

// Kaplan-Meier: at each day on which something happened, survival is multiplied by the share of those at risk that it
// spared. Whoever is censored on a day is at risk on that day.
Result<void> finish_survival(const typed::Node& statement, const Findings& findings, RowStream& out) {
  auto groups = by_group(findings);
  if (statement.parts[1]->parts.empty()) groups[{}];
  for (auto& [key, group] : groups) {
    group.by_day[0];
    std::int64_t at_risk = 0;
    for (const auto& [day, count] : group.by_day) at_risk += count.events + count.censored;
    double survival = 1;
    for (const auto& [day, count] : group.by_day) {
      if (count.events) survival *= 1 - static_cast<double>(count.events) / static_cast<double>(at_risk);
      std::vector<Cell> row = groups_of(key);
      row.insert(row.end(), {std::int64_t{day}, at_risk, count.events, count.censored, survival});
      TRY(out.row(std::move(row)));
      at_risk -= count.events + count.censored;
    }
  }
  return {};
}

Result<void> give_rows(const typed::Node& statement, const Program& program, const Findings& findings, RowStream& out) {
  switch (statement.op) {
    case Op::count_patients:
    case Op::tally: return finish_counts(*statement.parts[1], findings, out);
    case Op::flow: return finish_flow(statement, program, findings, out);
    case Op::measure: return finish_measure(statement, program, findings, out);
    case Op::incidence: return finish_incidence(statement, findings, out);
    case Op::survival: return finish_survival(statement, findings, out);
    default: break;
  }
  for (const auto& row : findings.rows) TRY(out.row(row));
  return {};
}

}  // namespace

Result<void> finish(const typed::Node& statement, const Schema& schema, const Program& program,
                    const Findings& findings, ResultSink& sink) {
  TRY(sink.begin(schema));
  RowStream out(schema, sink);
  TRY(give_rows(statement, program, findings, out));
  TRY(out.flush());
  return sink.end();
}

}  // namespace chartline::query
