#include "query/vectorised/gather.h"

#include <algorithm>

#include "query/vectorised/plan.h"

namespace chartline::query::vectorised {

using typed::Node;
using typed::Op;

void Gathered::add(const Frame& rows, std::size_t which, Evaluation& evaluation) {
  Part part{.which = which, .first = place_.size()};
  if (place_.empty()) place_ = rows.place;
  else place_.insert(place_.end(), rows.place.begin(), rows.place.end());
  part.past = place_.size();
  for (const Node* group : groups_) part.codes.push_back(evaluation.coded(*group, rows));
  parts_.push_back(std::move(part));
}

Result<void> Gathered::evaluate(const Node& statement, const Program& program,
                                const std::vector<MeasureInterval>& intervals, Evaluation& evaluation, const Odd& odd,
                                Stop& stop) {
  statement_ = &statement;
  intervals_ = &intervals;
  place_.clear();
  parts_.clear();
  groups_.clear();
  const Node* groups = nullptr;
  if (statement.op == Op::count_patients || statement.op == Op::tally) groups = statement.parts[1].get();
  if (statement.op == Op::measure) groups = statement.parts[2].get();
  for (std::size_t i = 0; groups && i < groups->parts.size(); ++i) groups_.push_back(groups->parts[i].get());
  once_ = statement.op == Op::count_patients;
  interval_ = statement.op == Op::measure;
  of_events_ = statement.op == Op::tally;
  figures_ = interval_ ? 2 : statement.op == Op::flow ? statement.parts.size() : 1;
  const Frame& all = evaluation.everyone();
  switch (statement.op) {
    case Op::count_patients: {
      if (const auto rows = rows_counted(statement, program))
        add(evaluation.rows_of(*rows->cohort, rows->slot), 0, evaluation);
      else add(Evaluation::only(all, where_yes(evaluation.truth(*statement.parts[0], all))), 0, evaluation);
      return {};
    }
    case Op::tally: {
      const ListsPtr events = evaluation.events(*statement.parts[0], all);
      add(evaluation.candidates(*events, all, std::get<typed::Slot>(statement.data).number), 0, evaluation);
      return {};
    }
    case Op::flow: {
      std::vector<std::uint32_t> left = all_rows(all);
      for (std::size_t step = 0; step < statement.parts.size(); ++step) {
        const std::vector<std::uint32_t> rows =
            where_yes(evaluation.truth(*statement.parts[step], Evaluation::only(all, left)));
        for (std::size_t i = 0; i < rows.size(); ++i) left[i] = left[rows[i]];
        left.resize(rows.size());
        add(Evaluation::only(all, left), step, evaluation);
      }
      return {};
    }
    default: break;
  }
  intervals_counted_.assign(block_patients, static_cast<std::uint32_t>(intervals.size()));
  measured_.reset();
  return measure(all, Turn::count, evaluation, odd, stop);
}

// [numerator, denominator, groups, ...]
Result<void> Gathered::measure(const Frame& of, Turn turn, Evaluation& evaluation, const Odd& odd, Stop& stop) {
  const std::int64_t each = turn == Turn::count ? 1 : -1;
  Odd odd_before;
  std::vector<std::vector<std::uint32_t>> codes;
  const std::size_t made = evaluation.made();
  for (std::uint32_t i = 0; i < intervals_->size(); ++i) {
    TRY(stop.check());
    evaluation.keep_made(made);
    evaluation.set_interval((*intervals_)[i].first, (*intervals_)[i].last);
    const Frame under = Evaluation::only(of, where_yes(evaluation.truth(*statement_->parts[1], of)));
    if (under.rows() == 0) continue;
    const std::vector<std::uint32_t> met = where_yes(evaluation.truth(*statement_->parts[0], under));
    codes.clear();
    for (const Node* group : groups_) codes.push_back(evaluation.coded(*group, under));
    TRY(stop.check());
    // Who is odd by now is counted no more.
    if (const Odd more = odd & ~odd_before; turn == Turn::count && more.any()) {
      for (std::size_t place = 0; place < block_patients; ++place)
        if (more[place]) intervals_counted_[place] = i;
      odd_before = odd;
    }
    const auto counts = [&](std::size_t row) { return i < intervals_counted_[under.place[row]]; };
    for (std::size_t row = 0; row < under.rows(); ++row) {
      if (!counts(row)) continue;
      measured_.set(under.place[row]);
      count_row(codes, row, each, totals(2 * i + 1));
    }
    for (const std::uint32_t row : met)
      if (counts(row)) count_row(codes, row, each, totals(2 * i));
  }
  evaluation.clear_interval();
  return {};
}

Odd Gathered::found() const {
  Odd found = measured_;
  for (const Place place : place_) found.set(place);
  return found;
}

Gathered::Totals& Gathered::totals(std::size_t which) {
  if (which >= totals_.size()) totals_.resize(which + 1);
  return totals_[which];
}

void Gathered::count_row(const std::vector<std::vector<std::uint32_t>>& codes, std::size_t row, std::int64_t n,
                         Totals& into) const {
  const std::uint32_t code = codes.empty() ? 0 : codes.front()[row];
  if (codes.size() > 1 || code >= measured_codes_max) {
    Codes of_row{};
    for (std::size_t i = 0; i < codes.size(); ++i) of_row[i] = codes[i][row];
    into.of_codes[of_row] += n;
    return;
  }
  if (code >= into.of_code.size()) into.of_code.resize(code + 1, 0);
  into.of_code[code] += n;
}

std::size_t Gathered::HashOfCodes::operator()(const Codes& codes) const {
  std::uint64_t hash = 0;
  for (const std::uint32_t code : codes) hash = (hash ^ code) * 0x9e3779b97f4a7c15u;
  return hash ^ hash >> 32;
}

// Of one group, as many events as there may be. `into` has room for every code.
void Gathered::count_one(const std::vector<std::uint32_t>& codes, std::size_t first, const Odd& counted,
                         std::vector<std::int64_t>& into) {
  std::int64_t* totals = into.data();
  if (const std::size_t groups = into.size(); counted.all() && groups <= codes.size()) {
    // Two counts in turn: one group again and again would each time wait for its own count to be written.
    second_rows_.assign(groups, 0);
    std::int64_t* const others = second_rows_.data();
    std::size_t i = 0;
    for (; i + 2 <= codes.size(); i += 2) ++totals[codes[i]], ++others[codes[i + 1]];
    if (i < codes.size()) ++totals[codes[i]];
    for (std::size_t group = 0; group < groups; ++group) totals[group] += others[group];
    return;
  }
  for (std::size_t i = 0; i < codes.size(); ++i) totals[codes[i]] += counted[place_[first + i]];
}

// The same where each patient counts once. The rows of one stand together, mostly few and of one group.
void Gathered::count_each_once(const std::vector<std::uint32_t>& codes, std::size_t first, const Odd& counted,
                               std::vector<std::int64_t>& into) {
  const Place* const places = place_.data() + first;
  const std::uint32_t* const of = codes.data();
  std::int64_t* const totals = into.data();
  const std::size_t rows = codes.size();
  const bool everyone = counted.all();
  for (std::size_t row = 0, next; row < rows; row = next) {
    const Place place = places[row];
    const std::uint32_t code = of[row];
    std::uint32_t others = 0;
    for (next = row + 1; next < rows && places[next] == place; ++next) others |= of[next] ^ code;
    if (others == 0) {
      totals[code] += everyone || counted[place];
      continue;
    }
    if (!counted[place]) continue;
    of_patient_.assign(of + row, of + next);
    std::ranges::sort(of_patient_);
    const auto past = std::unique(of_patient_.begin(), of_patient_.end());
    for (auto one = of_patient_.begin(); one != past; ++one) ++totals[*one];
  }
}

// The codes of several groups as one, into joined_, and how many there may be; 0: more than rows.
std::size_t Gathered::join_codes(const Part& part, Evaluation& evaluation) {
  const std::size_t rows = part.past - part.first;
  std::size_t groups = 1;
  joined_.assign(rows, 0);
  for (std::size_t i = 0; i < part.codes.size(); ++i) {
    const std::size_t cells = evaluation.cells(*groups_[i]).size();
    groups *= cells;
    if (groups > rows) return 0;
    for (std::size_t row = 0; row < rows; ++row)
      joined_[row] = joined_[row] * static_cast<std::uint32_t>(cells) + part.codes[i][row];
  }
  return groups;
}

// Groups are looked up once for each of them and not for each row.
void Gathered::count_joined(const Part& part, std::size_t groups, const Odd& counted, Evaluation& evaluation,
                            Totals& into) {
  joined_totals_.assign(groups, 0);
  if (once_) count_each_once(joined_, part.first, counted, joined_totals_);
  else count_one(joined_, part.first, counted, joined_totals_);
  for (std::size_t group = 0; group < groups; ++group) {
    if (joined_totals_[group] == 0) continue;
    Codes codes{};
    std::size_t rest = group;
    for (std::size_t i = part.codes.size(); i-- > 0;) {
      const std::size_t cells = evaluation.cells(*groups_[i]).size();
      codes[i] = static_cast<std::uint32_t>(rest % cells), rest /= cells;
    }
    into.of_codes[codes] += joined_totals_[group];
  }
}

Result<void> Gathered::count(const Odd& counted, Evaluation& evaluation, Stop& stop) {
  if (const Odd late = measured_ & ~counted; interval_ && late.any()) {
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < evaluation.everyone().rows(); ++row)
      if (late[evaluation.everyone().place[row]]) rows.push_back(row);
    TRY(measure(Evaluation::only(evaluation.everyone(), rows), Turn::take_back, evaluation, {}, stop));
  }
  for (const Part& part : parts_) {
    Totals& totals = this->totals(part.which);
    const auto codes_of = [&](std::size_t row) {
      Codes codes{};
      for (std::size_t i = 0; i < part.codes.size(); ++i) codes[i] = part.codes[i][row - part.first];
      return codes;
    };
    if (part.codes.size() == 1) {
      totals.of_code.resize(std::max(totals.of_code.size(), evaluation.cells(*groups_.front()).size()), 0);
      if (once_) count_each_once(part.codes.front(), part.first, counted, totals.of_code);
      else count_one(part.codes.front(), part.first, counted, totals.of_code);
      continue;
    }
    if (part.codes.size() > 1) {
      if (const std::size_t groups = join_codes(part, evaluation)) {
        count_joined(part, groups, counted, evaluation, totals);
        continue;
      }
    }
    const auto add_one = [&](const Codes& codes) {
      if (part.codes.size() > 1) {
        ++totals.of_codes[codes];
        return;
      }
      if (codes[0] >= totals.of_code.size()) totals.of_code.resize(codes[0] + 1, 0);
      ++totals.of_code[codes[0]];
    };
    for (std::size_t row = part.first, next; row < part.past; row = next) {
      next = row + 1;
      if (!counted[place_[row]]) continue;
      if (!once_) {
        add_one(codes_of(row));
        continue;
      }
      // The rows of one patient stand together where each counts once.
      while (next < part.past && place_[next] == place_[row]) ++next;
      codes_.clear();
      for (std::size_t k = row; k < next; ++k) codes_.push_back(codes_of(k));
      if (next - row > 1) {
        std::ranges::sort(codes_);
        codes_.erase(std::unique(codes_.begin(), codes_.end()), codes_.end());
      }
      for (const Codes& codes : codes_) add_one(codes);
    }
  }
  return {};
}

std::size_t Gathered::bytes() const {
  constexpr std::size_t node_bytes = sizeof(Codes) + sizeof(std::int64_t) + 4 * sizeof(void*);
  std::size_t bytes = totals_.size() * sizeof(Totals);
  for (const Totals& totals : totals_)
    bytes += totals.of_code.size() * sizeof(std::int64_t) + totals.of_codes.size() * node_bytes;
  return bytes;
}

void Gathered::give(Evaluation& evaluation, Findings& into) {
  for (std::size_t which = 0; which < totals_.size(); ++which) {
    const std::size_t figure = interval_ ? which % 2 : which;
    const auto give_one = [&](const Codes& codes, std::int64_t count) {
      Key key;
      if (interval_) key.push_back(static_cast<std::int64_t>(which / 2));
      for (std::size_t i = 0; i < groups_.size(); ++i) key.push_back(evaluation.cells(*groups_[i])[codes[i]]);
      into.add(key, figure, count, figures_);
    };
    const Totals& totals = totals_[which];
    for (std::uint32_t code = 0; code < totals.of_code.size(); ++code) {
      if (totals.of_code[code]) give_one({code}, totals.of_code[code]);
    }
    for (const auto& [codes, count] : totals.of_codes)
      if (count) give_one(codes, count);
  }
  totals_.clear();
}

}  // namespace chartline::query::vectorised
