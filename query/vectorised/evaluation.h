// Evaluation: what a query's expressions mean for all patients of a block at once. It walks the typed tree by the same
// rules as the reference (query/reference), over columns: a condition gives a truth for each row of a frame, an event
// expression a list of events for each.
//
// It is walked once in rehearsal, over nobody, before it is walked in earnest: that finds which leaves are read, with
// which columns, and what is not to be had from columns at all, with the reason. No store is asked for that, so that one
// rehearsal does for all runs of a query and all threads of a run. What cannot be decided for one patient makes that patient odd.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "query/cell.h"
#include "query/quantity.h"
#include "query/reference/evaluator_parts.h"
#include "query/vectorised/ages.h"
#include "query/vectorised/encounters.h"
#include "query/vectorised/leaf.h"
#include "query/vectorised/statistics.h"

namespace chartline::query::vectorised {

using Truths = std::vector<Truth>;
using Times = std::vector<record::Time>;  // precision none: missing
using Numbers = std::vector<std::optional<Quantity>>;

inline bool is_value(const typed::Node& node) {  // of an event
  return node.op == typed::Op::field && std::get<std::string>(node.data) == "value";
}

inline bool is_attribute(const typed::Node& node) {  // of an event
  return node.op == typed::Op::attribute && !node.parts.empty();
}
// Whether it is a number where it is known; an attribute that is something else makes its patient odd.
inline bool may_be_number(const typed::Node& node) { return node.type.basic == Basic::number || is_attribute(node); }

// year(T), month(T) and date(T) of an event whose date alone is asked for: the event, or null; and what the group of a date is
// called, as it is known.
const typed::Node* dated_event(const typed::Node& date);
Cell date_cell(typed::Op op, const record::Time& date);
Cell code_cell(const engine::View& view, std::uint32_t shard, engine::Name code);
Cell text_cell(std::string text);  // missing where it is empty

// What a word of a closed list is called; "": there is none.
template <typename Listed>
std::string_view called(Listed word) {
  if constexpr (std::is_same_v<Listed, record::Author>) return author_text(word);
  else return record::name(word);
}

// Numbers the different values of a group in the order in which they are met, from one block to the next: a cell is made
// once for each. Where several keys stand for one cell, as two branches of a `case` may, it has one number: a patient counts once in it.
class Numbering {
 public:
  static constexpr std::uint32_t none_yet = ~0u;
  using Key = std::array<std::int64_t, 3>;
  template <typename Make>
  std::uint32_t of(const Key& key, const Make& make) {
    if (last_ != none_yet && key == last_key_) return last_;
    const auto [found, is_new] = known_.try_emplace(key, none_yet);
    if (is_new) {
      const auto [same, is_first] = numbers_.try_emplace(make(), static_cast<std::uint32_t>(cells_.size()));
      if (is_first) cells_.push_back(same->first);
      found->second = same->second;
    }
    last_ = found->second, last_key_ = key;
    return last_;
  }
  void number_days(const EventColumn& column, typed::Op op, std::vector<std::uint32_t>& into);
  const std::vector<Cell>& cells() const { return cells_; }

 private:
  std::map<Key, std::uint32_t> known_;
  std::map<Cell, std::uint32_t, CellOrder> numbers_;
  std::vector<Cell> cells_;
  std::vector<std::uint32_t> days_;  // the number of each day, of some two hundred years
  std::uint32_t last_ = none_yet;
  Key last_key_{};
};

// The parts of an `and` as they are asked: first what the fewest are expected to meet.
std::vector<const typed::Node*> in_order(const typed::Node& conjunction, Statistics& statistics);
// Of several. What is not here is asked as it is written.
using Order = std::unordered_map<const typed::Node*, std::vector<const typed::Node*>>;

// The rows that are true for sure; and all of them.
std::vector<std::uint32_t> where_yes(const Truths& truths);
std::vector<std::uint32_t> all_rows(const Frame& frame);

// What a rehearsal finds: all that is to be known of expressions before they are evaluated.
struct Rehearsed {
  // What can be sifted out for a filter of a kind while it is read.
  struct Sifted {
    Sieve sieve{};
    std::set<const typed::Node*> clauses{};  // that are decided by it
  };
  Leaves leaves{};
  std::map<std::pair<const typed::Node*, Lifted>, std::uint32_t> leaf_of{};
  std::unordered_map<const typed::Node*, Sifted> sifted{};  // of filters
  std::set<const typed::Node*> conjunctions{};
  struct Attribute {
    std::shared_ptr<const CodeSet> codes;
    std::uint32_t leaf;
  };
  std::map<std::string, Attribute> attributes{};
  bool asks_demographics = false, asks_encounters = false;
};

// Finds events of a block by their patient and number.
class ByNumber {
 public:
  ByNumber(const Events& events, std::size_t places);
  std::uint32_t find(Place place, std::uint32_t number) const {  // no_event: there is none
    if (number < first_[place + std::size_t{1}] - first_[place]) return table_[first_[place] + number];
    if (hashed_.empty()) return no_event;
    const auto found = hashed_.find(std::uint64_t{place} << 32 | number);
    return found == hashed_.end() ? no_event : found->second;
  }

 private:
  std::vector<std::uint32_t> first_;  // of each place in the table, and the end
  std::vector<std::uint32_t> table_{};
  std::unordered_map<std::uint64_t, std::uint32_t> hashed_{};
};

// Leaves by their numbers: an event of some leaf of each set.
using Needed = std::set<std::set<std::uint32_t>>;

// Who the patients of a range are, as far as it was asked for.
struct Demographics {
  std::uint32_t first_block = 0;
  std::vector<std::optional<engine::BlockDemographics>> blocks{};
  engine::Demographics of(PatientId id) const {
    return blocks[id / block_patients - first_block]->at(id % block_patients);
  }
  void fetch(PatientId id) const { blocks[id / block_patients - first_block]->fetch(id % block_patients); }
};

class Evaluation {
 public:
  using Node = typed::Node;
  using Op = typed::Op;

  Evaluation(const Program& program, Rehearsed& into);  // to rehearse
  Evaluation(const Program& program, const Rehearsed& rehearsed, const engine::View& view,
             const Order& order);  // in earnest

  // -- rehearsal: the reason why something cannot be answered from columns; nullopt: it can
  std::optional<std::string> rehearse(const Node& condition_or_events);
  std::optional<std::string> rehearse_rows(const Node& events, std::uint32_t slot, const std::vector<const Node*>& of_row,
                                           const std::vector<const Node*>& conditions);
  // Of whatever is walked.
  std::optional<std::string> rehearse(const std::function<void()>& walk);
  // Of the rows of a cohort with index dates, grouped.
  std::optional<std::string> rehearse_rows_of(const Node& cohort, std::uint32_t slot,
                                              const std::vector<const Node*>& groups);
  // What whoever meets a condition, or has any of some events, surely has. After they were rehearsed.
  Needed needed_for(const Node& condition);
  Needed needed_of(const Node& events, Lifted lifted = {});
  std::uint64_t opened() const { return encounters_ ? encounters_->opened() : 0; }  // timelines
  std::uint64_t incomparable() const { return incomparable_; }  // values whose unit did not go with the one beside them

  // Asked now and then while something is evaluated. Once it says to end, all answers come soon and mean nothing: whoever
  // gave it asks it again before taking them.
  void heed(Stop* stop) { stop_ = stop, over_ = false; }

  // -- one batch of patients in earnest
  struct Block {
    std::uint32_t shard = 0;
    const Batch* batch = nullptr;
    std::vector<Events>* leaves = nullptr;  // of the Leaves, in their order
    const Demographics* who = nullptr;
    Odd* odd = nullptr;
  };
  void start(const Block& block);
  const Frame& everyone() const { return everyone_; }
  // Of a measure: `interval` means nothing while there is none.
  void set_interval(record::Day first, record::Day last) {
    interval_ = DateRange{record::day_time(first), record::day_time(last)};
  }
  void clear_interval() { interval_.reset(); }

  Truths truth(const Node& node, const Frame& frame);
  ListsPtr events(const Node& node, const Frame& frame, Lifted lifted = {});  // every one
  // The number of each row's value among cells(node).
  std::vector<std::uint32_t> coded(const Node& node, const Frame& frame);
  const std::vector<Cell>& cells(const Node& node) { return numbered_[&node].cells(); }
  // Of all cells that have numbers, about.
  std::size_t numbered_bytes() const {
    constexpr std::size_t cell_bytes = 200;  // in two maps and a list
    std::size_t cells = 0;
    for (const auto& [node, numbers] : numbered_) cells += numbers.cells().size();
    return cells * cell_bytes;
  }
  // Numbers mean the same from batch to batch until here, where what was counted by them was given. Few are kept.
  void forget_numbers() {
    constexpr std::size_t kept_max = 4096;
    if (std::ranges::any_of(numbered_, [](const auto& one) { return one.second.cells().size() > kept_max; }))
      numbered_.clear();
  }
  // Sets of events that were made, as many as there were before, and those since that may be asked for again.
  std::size_t made() const { return made_.size(); }
  void keep_made(std::size_t before);
  // The value of each row as a list shows it.
  std::vector<Cell> shown(const Node& node, const Frame& frame);
  // Rows whose order is that of their events: whoever has two of one instant is odd.
  void in_known_order(const Frame& rows);
  // The candidates of some lists as rows, in a slot. Of lists that are not grouped: the frame is everyone's.
  Frame candidates(const Lists& lists, const Frame& frame, std::uint32_t slot);
  // The rows of a cohort with index dates: the index events for which its predicate holds, in a slot of whoever asks.
  Frame rows_of(const Node& cohort, std::uint32_t slot);
  // All of some lists as rows of everyone, that is, of places.
  static void take_all(const Lists& lists, Frame& into);
  // Rows of the frame for which something holds.
  static Frame only(const Frame& frame, const std::vector<std::uint32_t>& rows);

 private:
  // -- names: evaluation.cc
  const Node& defined(const Node& name) const { return names_.defined(name); }
  const std::set<std::uint32_t>& open_slots(const Node& node) { return names_.open_slots(node); }
  bool is_closed(const Node& node) { return open_slots(node).empty(); }
  bool in_rehearsal() const { return rehearsal_ != nullptr; }
  bool done(const Frame& frame) const { return frame.rows() == 0 && !in_rehearsal(); }
  bool is_over() {
    if (stop_ && !over_) over_ = !stop_->check();
    return over_;
  }
  ListsPtr nothing(const Frame& frame) const;  // no events for any row

  // What definitions come to. They may stand on one another, each on the one before it twice: so each is walked once in
  // rehearsal, and in earnest at most twice for a block, the second time for everyone.
  template <typename Column>
  struct Defined {
    std::unordered_map<const Node*, Column> known{};
    std::unordered_set<const Node*> met{};
    void clear() { known.clear(), met.clear(); }
  };
  template <typename Column, typename Make>
  Column of_definition(Defined<Column>& all, const Node& body, const Frame& frame, const Make& make) {
    if (body.parts.empty()) return make(frame);
    const auto known = all.known.find(&body);
    if (known == all.known.end()) {
      if (all.met.insert(&body).second) return make(frame);
      if (in_rehearsal()) return Column(frame.rows());
    }
    const Column& found = known != all.known.end() ? known->second : (all.known[&body] = make(everyone()));
    Column made(frame.rows());
    for (std::size_t row = 0; row < frame.rows(); ++row) made[row] = found[frame.place[row]];
    return made;
  }
  void refuse(std::string reason) {
    if (!refusal_) refusal_ = std::move(reason);
  }
  void want(const Events* events, std::uint32_t fields) {
    if (in_rehearsal() && events) rehearsal_->leaves.want(*events, fields);
  }
  bool is_too_large(const Frame& frame, std::size_t more, Place place);
  void make_odd(Place place) {
    if (block_.odd) block_.odd->set(place);
  }
  void ask_demographics() {
    if (in_rehearsal()) rehearsal_->asks_demographics = true;
  }
  engine::Demographics who(Place place) const { return block_.who->of(block_.batch->id(place)); }
  // Calls `use` with each row and who it is about. They lie far from one another: the processor waits for many at once.
  template <typename Use>
  void each_who(const Frame& frame, const Use& use) const {
    constexpr std::size_t ahead = 16;
    for (std::size_t row = 0, fetched = 0; row < frame.rows(); ++row) {
      for (; fetched < std::min(row + ahead, frame.rows()); ++fetched)
        block_.who->fetch(block_.batch->id(frame.place[fetched]));
      use(row, who(frame.place[row]));
    }
  }

  // -- who can meet a condition: needed.cc
  Needed needed_once(const Node& body, Lifted lifted, const std::function<Needed()>& find);
  Needed made_needed_for(const Node& condition);
  Needed made_needed_of(const Node& events, Lifted lifted);
  Needed needed_leaf(const Node& node, Lifted lifted) const;
  Needed needed_of_filter(const Node& filter, Lifted lifted);
  Needed needed_of_value(const Node& node);

  // -- conditions: conditions.cc, comparisons.cc
  Truths among(const Node& node, const Frame& frame);
  std::vector<const Node*> in_order(const Node& node);
  Truths joined_truths(const Node& node, const Frame& frame);
  Truths comparison(const Node& node, const Frame& frame);
  std::optional<Quantity> written_number(const Node& node) const;  // nullopt: it is none
  bool compare_values(const Node& node, const Frame& frame, Truths& into);
  bool compare_changes(const Node& node, const Frame& frame, Truths& into);
  bool compare_ages(const Node& node, const Frame& frame, Truths& into);
  // Calls `use` with the column of a field whose values are words of a closed list, which event of it each row is about, and how
  // many words there are; false: it is no such field.
  template <typename Use>
  bool with_words(const Node& field, const Frame& frame, const Use& use) {
    const auto with = [&](Field wanted, const auto& words, int count) {
      const EventColumn column = one(*field.parts[0], frame);
      want(column.events, wanted);
      use(column.events->*words, column.index, count);
      return true;
    };
    const std::string& name = std::get<std::string>(field.data);
    if (name == "kind") return with(field_kind, &Events::kind, record::kind_count);
    if (name == "author") return with(field_author, &Events::author, record::author_count);
    if (name == "status") return with(field_status, &Events::status, record::status_count);
    if (name == "certainty") return with(field_certainty, &Events::certainty, record::certainty_count);
    return false;
  }
  Truths compare_words(const Node& node, const Frame& frame);
  Truths compare_texts(const Node& node, const Frame& frame);
  std::string text_of(const std::string& field, engine::Name name) const;  // what a unit or a source is called
  Truths alive(const Node& node, const Frame& frame);
  Truths registered(const Node& node, const Frame& frame);
  Truths is_missing(const Node& node, const Frame& frame);
  Truths in_cohort(const Node& node, const Frame& frame);
  Truths code_in_set(const Node& node, const Frame& frame);

  // -- events: events_of.cc, filter.cc
  // Whoever asks them says which of them are taken.
  ListsPtr some_events(const Node& node, const Frame& frame, Lifted lifted = {});
  void take(const Lists& lists, Part part) {
    if (in_rehearsal() && lists.whole) rehearsal_->leaves.take(*lists.events, part);
  }
  ListsPtr made_events(const Node& node, const Frame& frame, Lifted lifted);
  ListsPtr of_kind(const Node& node, Lifted lifted, const Node* filter = nullptr);
  const Events* whole_leaf(std::uint32_t leaf);
  ListsPtr by_place(ListsPtr lists);  // of lists that may be in no order
  const Rehearsed::Sifted& sifted(const Node& filter);
  // Of what is the same for everyone; whether that decides it.
  bool sift(const Node& condition, std::uint32_t slot, Sieve& into);
  bool sift_dates(const Node& clause, const Frame& one_row, std::uint32_t slot, Sieve& into);
  void sift_stays(const Node& clause, const Frame& one_row, Sieve& into);
  // How many events each row has.
  std::vector<std::uint32_t> counts(const Lists& lists, const Frame& frame);
  ListsPtr set_of(const Node& node, const Frame& frame, Lifted lifted);
  struct Narrowing;
  Narrowing narrowing(const Node& filter, const Frame& frame, Lifted lifted);
  ListsPtr filtered(const Node& node, const Frame& frame, Lifted lifted);
  // Of each row's list the first .. past-1.
  struct Stretches {
    ListsPtr lists;
    std::vector<std::uint32_t> first, past;
  };
  std::optional<Stretches> beside(const Node& events, const Frame& frame, Lifted lifted);
  // Which of several events of one instant comes first is not known here, and need not be where only its time is asked for.
  enum class Asks : std::uint8_t { event, time };
  EventColumn chosen(const Node& node, const Frame& frame, Lifted lifted, Asks asks = Asks::event);
  EventColumn one(const Node& node, const Frame& frame, Asks asks = Asks::event);
  EventColumn earliest(const Lists& lists, const Frame& frame, Asks asks);
  const Node& unnamed(const Node& node) const;  // what a name of names stands for in the end
  EventColumn in_slot(std::uint32_t slot, const Frame& frame);
  ListsPtr listed(EventColumn column) const;
  std::uint32_t list_of(const Lists& lists, const Frame& frame, std::size_t row) const {
    return lists.by_place ? frame.place[row] : static_cast<std::uint32_t>(row);
  }
  Truths clause(const Node& clause, const Frame& candidates);
  // A window of dates that candidates lie in for sure or not at all: for each row of the outer frame.
  struct Window;
  std::optional<Window> window_of(const Node& clause, const Frame& outer, std::uint32_t candidate);
  Frame in_windows(const Lists& all, const Frame& frame, std::uint32_t slot, const std::vector<Window>& windows);
  std::vector<std::uint32_t> meeting(const std::vector<const Node*>& clauses, const Frame& candidates);
  Truths window(const Node& clause, const Frame& candidates);
  Truths of_same_date(const Node& others, const Frame& candidates, const EventColumn& column);
  EventColumn candidates_of(const Frame& frame);
  Truths meets(const Node& clause, const Frame& candidates);

  // -- groups: coded.cc
  std::vector<std::uint32_t> coded_cases(const Node& node, const Frame& frame);
  std::vector<std::uint32_t> coded_definition(const Node& node, const Frame& frame);
  std::vector<std::uint32_t> coded_sexes(const Node& node, const Frame& frame);
  std::vector<std::uint32_t> coded_bands(const Node& node, const Frame& frame);
  std::vector<std::uint32_t> coded_field(const Node& node, const Frame& frame);
  std::vector<std::uint32_t> coded_truths(const Node& node, const Frame& frame);
  std::vector<std::uint32_t> coded_times(const Node& node, const Frame& frame);
  std::vector<std::uint32_t> coded_numbers(const Node& node, const Frame& frame);

  // -- attributes of events: attributes.cc
  const Events& holders_of(const std::string& attribute);
  EventColumn attribute_of(const Node& node, const EventColumn& of, const Frame& frame);
  EventColumn value_of(const Node& node, const Frame& frame);  // E.value, or attr.NAME of E
  Numbers attributes(const Node& node, const Frame& frame);

  // -- encounters of events: encounters.cc
  Truths of_same_encounter(const Node& others, const Frame& candidates);

  // -- values: values.cc, times.cc
  Numbers number(const Node& node, const Frame& frame);
  Numbers arithmetic(const Node& node, const Frame& frame);
  Numbers fold(const Node& node, const Frame& frame);
  Numbers counted(const Node& node, const Frame& frame);
  Numbers count_episodes(const Node& episodes, const Frame& frame);
  std::vector<std::optional<std::int64_t>> keys(const Node& fold, const Frame& each);
  Times time(const Node& node, const Frame& frame);
  Moment::Form form_of(const Node& node);
  bool is_span(const Node& node) const { return names_.is_span(node); }
  Numbers elapsed(const Node& node, const Frame& frame);
  // Whole years as far as they are known, all of low to high; below 0: not known.
  struct Years {
    std::int32_t low = -1, high = -1;
    bool known() const { return low >= 0; }
  };
  std::vector<Years> ages(const Node& age, const Frame& frame);
  std::vector<std::optional<Duration>> duration(const Node& node, const Frame& frame);
  struct Ranges {
    Times from, to;
    bool missing = false;
  };
  Ranges range(const Node& node, const Frame& frame);
  std::optional<Quantity> in_unit(const Quantity& number, const std::string& unit);
  const record::Event* recorder(const Events& events, std::uint32_t at);
  std::optional<Quantity> quantity_at(const EventColumn& column, std::size_t row);
  std::optional<Quantity> value_at(const EventColumn& column, const Frame& frame, std::size_t row);
  bool mixes(const Quantity& a, const Quantity& b) const;  // whether what is measured decides how they convert

  const Program& program_;
  const Rehearsed& rehearsed_;
  Rehearsed* const rehearsal_;      // null: in earnest
  const engine::View* const view_;  // null: in rehearsal
  const Order* const order_;        // null: in rehearsal
  Block block_{};
  Frame everyone_{};
  std::optional<DateRange> interval_{};
  std::optional<std::string> refusal_{};
  Names names_;
  Stop* stop_ = nullptr;
  bool over_ = false;
  std::uint64_t incomparable_ = 0;
  std::map<std::pair<const Node*, Lifted>, Needed> needed_{};
  std::vector<std::unique_ptr<Events>> stand_ins_{};       // of the leaves, in rehearsal
  std::unordered_map<const Node*, Numbering> numbered_{};  // of a range of blocks
  std::map<record::Day, Ages> ages_{};                     // of days that are the same for everyone
  std::unordered_map<std::uint64_t, std::optional<record::Event>> recorders_{};  // by shard and code
  std::optional<Conversion> conversion_{};                                       // the last one
  std::optional<EncounterReader> encounters_{};
  // Of the block.
  std::map<std::pair<const Node*, Lifted>, ListsPtr> known_{};
  std::unordered_map<const Events*, ByNumber> by_number_{};
  std::unordered_map<const Node*, Truths> members_{};
  Defined<Truths> truths_{}, joined_{};
  Defined<Numbers> numbers_{};
  Defined<Times> times_{};
  Defined<std::vector<std::uint32_t>> codes_{};
  std::vector<std::unique_ptr<Events>> made_{};
};

}  // namespace chartline::query::vectorised
