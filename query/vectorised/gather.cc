#include "query/vectorised/gather.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "query/vectorised/plan.h"

namespace chartline::query::vectorised {

using typed::Node;
using typed::Op;

namespace {

constexpr std::uint64_t flat_codes_max = 1 << 20;

std::vector<std::uint32_t> where_yes(const Truths& truths) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < truths.size(); ++row) {
    if (truths[row] == Truth::yes) rows.push_back(row);
  }
  return rows;
}

std::uint32_t slot_of(const typed::Data& data) {
  if (const auto* slot = std::get_if<typed::Slot>(&data)) return slot->number;
  if (const auto* named = std::get_if<typed::Named>(&data)) return named->slot;
  return 0;
}

}  // namespace

Gathered::Groups Gathered::groups(const Node& groups, const Frame& frame, Evaluation& evaluation) const {
  Groups made;
  made.code.assign(groups.parts.empty() ? 0 : frame.rows(), 0);
  for (const typed::Ptr& part : groups.parts) {
    Coded coded = evaluation.coded(*part, frame);
    const std::uint64_t cells = std::max<std::size_t>(1, coded.cells.size());
    for (std::size_t row = 0; row < frame.rows(); ++row) made.code[row] = made.code[row] * cells + coded.code[row];
    made.codes *= cells;
    coded.code.clear();
    made.parts.push_back(std::move(coded));
  }
  return made;
}

void Gathered::add(const Frame& rows, Groups groups, std::size_t figure, const std::vector<Cell>& before) {
  Part part{.first = place_.size(), .groups = std::move(groups), .figure = figure, .before = before};
  place_.insert(place_.end(), rows.place.begin(), rows.place.end());
  part.past = place_.size();
  parts_.push_back(std::move(part));
}

void Gathered::evaluate(const Node& statement, const Program& program, const std::vector<MeasureInterval>& intervals,
                        Evaluation& evaluation) {
  place_.clear();
  parts_.clear();
  figures_ = 1;
  once_ = statement.op == Op::count_patients;
  const Frame all = evaluation.everyone();
  switch (statement.op) {
    case Op::count_patients: {
      const Node& condition = *statement.parts[0];
      const Node* cohort =
          condition.op == Op::in_cohort && slot_of(condition.data) ? cohort_of_rows(statement, program) : nullptr;
      if (!cohort) {
        const Frame members = Evaluation::only(all, where_yes(evaluation.truth(condition, all)));
        return add(members, groups(*statement.parts[1], members, evaluation), 0, {});
      }
      const Frame rows = evaluation.candidates(*evaluation.events(*cohort->parts[1], all), all, slot_of(cohort->data));
      const Frame members = Evaluation::only(rows, where_yes(evaluation.truth(*cohort->parts[0], rows)));
      return add(members, groups(*statement.parts[1], members, evaluation), 0, {});
    }
    case Op::tally: {
      const Frame rows =
          evaluation.candidates(*evaluation.events(*statement.parts[0], all), all, slot_of(statement.data));
      return add(rows, groups(*statement.parts[1], rows, evaluation), 0, {});
    }
    case Op::flow: {
      figures_ = statement.parts.size();
      std::vector<std::uint32_t> left(all.rows());
      std::iota(left.begin(), left.end(), 0u);
      for (std::size_t step = 0; step < statement.parts.size(); ++step) {
        const Frame some = Evaluation::only(all, left);
        const std::vector<std::uint32_t> rows = where_yes(evaluation.truth(*statement.parts[step], some));
        std::vector<std::uint32_t> next;
        for (const std::uint32_t row : rows) next.push_back(left[row]);
        left = std::move(next);
        add(Evaluation::only(all, left), {}, step, {});
      }
      return;
    }
    default: break;
  }
  // measure: [numerator, denominator, groups, ...]
  figures_ = 2;
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    evaluation.set_interval(intervals[i].first, intervals[i].last);
    const std::vector<Cell> before = {static_cast<std::int64_t>(i)};
    const Frame under = Evaluation::only(all, where_yes(evaluation.truth(*statement.parts[1], all)));
    if (under.rows() == 0) continue;
    add(under, groups(*statement.parts[2], under, evaluation), 1, before);
    const Frame over = Evaluation::only(under, where_yes(evaluation.truth(*statement.parts[0], under)));
    if (over.rows() != 0) add(over, groups(*statement.parts[2], over, evaluation), 0, before);
  }
  evaluation.clear_interval();
}

void Gathered::give(const Odd& counted, Findings& into) const {
  for (const Part& part : parts_) {
    const Groups& groups = part.groups;
    const auto key_of = [&](std::uint64_t code) {
      std::vector<Cell> cells(groups.parts.size());
      for (std::size_t i = groups.parts.size(); i > 0; --i) {
        const auto& values = groups.parts[i - 1].cells;
        if (values.empty()) continue;
        cells[i - 1] = values[code % values.size()];
        code /= values.size();
      }
      Key key = part.before;
      key.insert(key.end(), std::make_move_iterator(cells.begin()), std::make_move_iterator(cells.end()));
      return key;
    };
    const auto code_of = [&](std::size_t row) { return groups.code.empty() ? 0 : groups.code[row - part.first]; };
    const auto each = [&](const auto& take) {
      for (std::size_t row = part.first; row < part.past; ++row) {
        if (!counted[place_[row]]) continue;
        const std::uint64_t code = code_of(row);
        // Rows of one patient stand together.
        if (once_) {
          bool before = false;
          for (std::size_t k = row; k > part.first && place_[k - 1] == place_[row] && !before; --k)
            before = code_of(k - 1) == code;
          if (before) continue;
        }
        take(code);
      }
    };
    if (groups.codes <= flat_codes_max) {
      std::vector<std::int64_t> counts(groups.codes, 0);
      each([&](std::uint64_t code) { ++counts[code]; });
      for (std::uint64_t code = 0; code < groups.codes; ++code) {
        if (counts[code]) into.add(key_of(code), part.figure, counts[code], figures_);
      }
    } else {
      std::map<std::uint64_t, std::int64_t> counts;
      each([&](std::uint64_t code) { ++counts[code]; });
      for (const auto& [code, count] : counts) into.add(key_of(code), part.figure, count, figures_);
    }
  }
}

}  // namespace chartline::query::vectorised
