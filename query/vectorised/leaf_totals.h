// LeafTotals: what a statement counts of all events of a leaf, where it asks for nothing of each but its code, its date and words
// that are columns of postings:
//
//   tally any[*] where value > 100 by kind, year(it)    events by their groups
//   cohort all per any[*] as one = true
//   count in all by one.code                            patients by code
//
// Then postings are counted run by run, in a table that has a place for every group, and no rows are made of them. Of one code after
// another where codes are groups: the table is that of one code.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "query/findings.h"
#include "query/vectorised/evaluation.h"
#include "query/vectorised/plan.h"

namespace chartline::query::vectorised {

class LeafTotals final : private LeafReader::Visitor {
 public:
  // Of a statement whose only leaf is this one, which adds_up(). nullopt: it asks for more.
  static std::optional<LeafTotals> of(const typed::Node& statement, const Program& program, const Leaf& leaf);

  // Which events are counted: they are to be all of the leaf.
  const typed::Node& events() const { return *events_; }
  // The sum of what was counted; nullopt, and nothing was, where something is out of the ordinary.
  Result<std::optional<std::int64_t>> find(const LeafRange& of, LeafReader& reader, Stop& stop, Findings& into);

 private:
  // A column of postings whose values are groups, each by its word.
  struct Word {
    std::string_view name;
    Field field;
    stored::Column<std::uint32_t> stored::PostingColumns::*column;
    std::uint32_t (*of)(const stored::Posting& posting);
  };
  static const std::array<Word, 5> words;
  struct Group {
    typed::Op op{};  // year_of, month_of or date_of; field: a word or, without one, the code
    const Word* word = nullptr;
    std::size_t values = 1, stride = 0;  // in the table
    bool is_code() const { return op == typed::Op::field && !word; }
    bool is_date() const { return op != typed::Op::field; }
    bool is_source() const { return word && word->field == field_source; }
  };
  struct Counted {
    std::array<std::uint32_t, groups_max> numbers{};  // of each group that of its value
    std::int64_t count = 0;
  };
  struct Varying {  // a column of a run
    const std::uint32_t* values;
    std::size_t stride;
  };
  struct Other {
    engine::Name code;
    std::size_t place;  // in the table, of all groups but the date
    record::Day day;
    record::Precision precision;
    friend auto operator<=>(const Other&, const Other&) = default;
  };

  static std::optional<Group> group_of(const typed::Node& node, std::uint32_t slot);
  static std::size_t values_of(const Group& group);
  bool fits() const;
  bool asks_code() const { return std::ranges::any_of(groups_, &Group::is_code); }
  void start();
  void make_room(const Group& of_source, std::size_t source);
  void run(engine::Name code, const stored::PostingColumns& columns, const LeafReader::Kept& kept) override;
  void added(engine::Name code, const stored::Posting& posting) override;
  void code_done(engine::Name code) override;
  void count_dates(engine::Name code, const stored::PostingColumns& columns, const LeafReader::Kept& kept,
                   std::size_t place);
  void count_date(const Other& one);
  std::size_t place_of(std::size_t i) const {  // by what differs
    std::size_t place = 0;
    for (const Varying& one : varying_) place += one.values[i] * one.stride;
    return place;
  }
  void take_table(engine::Name code);
  Counted numbers_at(engine::Name code, std::size_t place) const;
  std::int64_t give(const LeafRange& of, Findings& into);
  Cell cell_of(const Group& group, std::uint32_t number, const LeafRange& of) const;

  const typed::Node* events_ = nullptr;
  bool of_patients_ = false;
  std::vector<Group> groups_{};
  std::optional<std::size_t> date_{};         // which of them is one
  std::vector<std::uint16_t> date_of_day_{};  // the number of the year or month of each day from table_first on
  std::vector<std::int64_t> table_{};         // of all groups but codes; grows with the sources that are met
  std::vector<Varying> varying_{};
  std::map<Other, std::int64_t> others_{};  // dates of other centuries, and what is known to the month or year where days are groups
  std::vector<Counted> counted_{};
  std::vector<PatientId> patients_{};  // of one code, ascending
};

}  // namespace chartline::query::vectorised
