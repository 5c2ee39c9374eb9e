#include "query/vectorised/leaf_totals.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "query/group_words.h"
#include "query/vectorised/sift_columns.h"

namespace chartline::query::vectorised {

using engine::PostingScan;
using engine::RunFacts;
using record::Day;
using record::Precision;
using stored::Posting;
using stored::PostingColumns;
using typed::Node;
using typed::Op;

// -- reading

Result<bool> LeafReader::visit(const LeafRange& of, Stop& stop, Whose whose, Visitor& visitor) {
  check(adds_up(of.leaf), "a leaf whose events need not be there at once");
  set_up(of);
  std::uint32_t fields = posting_fields();
  if (whose == Whose::unasked) fields &= ~std::uint32_t{stored::posting_field_patient};
  bool ordinary = true;
  const auto each = [&](engine::Name code, const PostingScan& scan) -> Result<void> {
    if (code < of.first_code || code >= of.past_code) return {};
    TRY(stop.check());
    std::size_t events = 0;
    for (std::size_t r = 0; r < scan.refs.size() && ordinary; ++r) {
      TRY(keep(code, scan, r, fields, [&](PatientId) { ordinary = false; }));
      events += kept_.size();
      if (kept_.size() > 0) visitor.run(code, columns_, kept_);
    }
    for (const Posting& posting : scan.added) {
      ++postings_;
      if (!is_found(posting)) continue;
      ordinary = ordinary && !is_odd(posting.flags);
      ++events;
      visitor.added(code, posting);
    }
    // Without a primary code it may have translations.
    if (code == 0 && events > 0 && (leaf_.fields & field_code)) ordinary = false;
    if (events > 0) visitor.code_done(code);
    return {};
  };
  TRY(all_postings(each));
  return ordinary;
}

namespace {

struct Nobody final : LeafReader::Visitor {
  void run(engine::Name, const PostingColumns&, const LeafReader::Kept&) override {}
  void added(engine::Name, const Posting&) override {}
  void code_done(engine::Name) override {}
};

}  // namespace

Result<std::optional<std::vector<std::uint64_t>>> LeafReader::postings_if_ordinary(const LeafRange& of, Stop& stop) {
  set_up(of);
  const bool by_code = leaf_.fields & field_code;
  std::vector<std::uint64_t> postings(of.view.codes(shard_) + std::size_t{1}, 0);
  const std::uint32_t odd = odd_flags() & ~refused_;
  bool ordinary = true;
  TRY(all_postings([&](engine::Name code, const PostingScan& scan) -> Result<void> {
    for (std::size_t r = 0; r < scan.refs.size(); ++r) {
      postings[code] += scan.refs[r].count;
      const engine::RunFacts::Facts* const known = odd ? scan.facts[r]->known() : nullptr;
      if (odd && (!known || (known->flags & odd))) ordinary = false;
    }
    postings[code] += scan.added.size();
    for (const stored::Posting& posting : scan.added)
      if (keeps(posting.flags, posting.kind) && is_odd(posting.flags)) ordinary = false;
    return {};
  }));
  if (ordinary && by_code && postings[0] > 0) {
    LeafRange without_code = of;
    without_code.past_code = 1;
    Nobody nobody;
    ordinary = TRY(visit(without_code, stop, Whose::unasked, nobody));
  }
  return ordinary ? std::optional(std::move(postings)) : std::nullopt;
}

// Postings of one code are read as they stand in the cache; those of all codes run by run, past it.
Result<std::uint64_t> LeafReader::find_whoever(const LeafRange& of, Hold hold, Stop& stop, Candidates& candidates,
                                               std::vector<PatientId>& odd) {
  if (is_loose(of.leaf)) {
    set_up(of);
    const std::uint32_t fields = posting_fields();
    TRY(all_postings([&](engine::Name code, const PostingScan& scan) -> Result<void> {
      if (code < of.first_code || code >= of.past_code) return {};
      TRY(stop.check());
      for (std::size_t r = 0; r < scan.refs.size(); ++r) {
        TRY(keep(code, scan, r, fields, [&](PatientId id) { found_odd_.push_back(id); }));
        add_kept(columns_, candidates);
      }
      add_found(scan.added, candidates);
      return {};
    }));
  } else {
    TRY(open(of, hold, stop));
    find(candidates);
    postings_ += found_postings_;
  }
  odd.insert(odd.end(), found_odd_.begin(), found_odd_.end());
  return found_;
}

// -- what is asked

const std::array<LeafTotals::Word, 5> LeafTotals::words = {{
    {"kind", field_kind, &PostingColumns::kind, [](const Posting& of) { return static_cast<std::uint32_t>(of.kind); }},
    {"source", field_source, &PostingColumns::source, [](const Posting& of) { return std::uint32_t{of.source}; }},
    {"author", field_author, &PostingColumns::author,
     [](const Posting& of) { return static_cast<std::uint32_t>(of.author); }},
    {"status", field_status, &PostingColumns::status,
     [](const Posting& of) { return static_cast<std::uint32_t>(of.status); }},
    {"certainty", field_certainty, &PostingColumns::certainty,
     [](const Posting& of) { return static_cast<std::uint32_t>(of.certainty); }},
}};

namespace {

constexpr std::uint32_t years = 200, months = 12 * years;  // of the table of days

bool is_row(const Node* event, std::uint32_t slot) {
  return event && event->op == Op::row && std::get<typed::Slot>(event->data).number == slot;
}

Day first_day(Op op, std::uint32_t number) {
  if (op == Op::date_of) return table_first + static_cast<Day>(number);
  const std::uint32_t month = op == Op::month_of ? number : number * 12;
  return record::days_from_civil(1900 + static_cast<int>(month / 12), month % 12 + 1, 1);
}

}  // namespace

std::optional<LeafTotals::Group> LeafTotals::group_of(const Node& node, std::uint32_t slot) {
  if (node.op == Op::year_of || node.op == Op::month_of || node.op == Op::date_of)
    return is_row(dated_event(node), slot) ? std::optional(Group{.op = node.op}) : std::nullopt;
  if (node.op != Op::field || !is_row(node.parts[0].get(), slot)) return std::nullopt;
  const std::string& name = std::get<std::string>(node.data);
  if (name == "code") return Group{.op = Op::field};
  const auto word = std::ranges::find(words, name, &Word::name);
  return word == words.end() ? std::nullopt : std::optional(Group{.op = Op::field, .word = &*word});
}

std::optional<LeafTotals> LeafTotals::of(const Node& statement, const Program& program, const Leaf& leaf) {
  const bool tally = statement.op == Op::tally;
  if (!tally && statement.op != Op::count_patients) return std::nullopt;
  LeafTotals made;
  std::uint32_t slot = 0;
  if (tally) {
    made.events_ = statement.parts[0].get();
    slot = std::get<typed::Slot>(statement.data).number;
  } else {
    const auto rows = rows_counted(statement, program);
    if (!rows) return std::nullopt;
    const Node& condition = *rows->cohort->parts[0];
    if (condition.op != Op::truth || !std::get<bool>(condition.data)) return std::nullopt;
    made.events_ = rows->cohort->parts[1].get();
    made.of_patients_ = true;
    slot = rows->slot;
  }
  std::uint32_t told = field_by_code;
  for (const typed::Ptr& node : statement.parts[1]->parts) {
    const std::optional<Group> group = group_of(*node, slot);
    if (!group || (group->is_date() && made.date_)) return std::nullopt;
    if (group->is_source() && std::ranges::any_of(made.groups_, &Group::is_source)) return std::nullopt;
    if (group->is_date()) made.date_ = made.groups_.size();
    told |= group->is_date() ? field_day : group->is_code() ? field_code : group->word->field;
    made.groups_.push_back(*group);
    made.groups_.back().values = values_of(*group);
  }
  if (made.groups_.empty() || (leaf.fields & ~told) != 0 || !made.fits()) return std::nullopt;
  if (made.of_patients_ && (made.groups_.size() > 1 || !made.groups_.front().is_code())) return std::nullopt;
  return made;
}

// One more than there are years or months: of what is not known so well.
std::size_t LeafTotals::values_of(const Group& group) {
  switch (group.op) {
    case Op::year_of: return years + 1;
    case Op::month_of: return months + 1;
    case Op::date_of: return table_days;
    default: break;
  }
  if (group.is_code()) return 1;
  switch (group.word->field) {
    case field_kind: return record::kind_count;
    case field_source: return 1;  // as many as are met
    case field_author: return record::author_count;
    case field_status: return record::status_count;
    default: return record::certainty_count;
  }
}

// The table is looked through for each code, and grows with each source.
bool LeafTotals::fits() const {
  const bool code = std::ranges::any_of(groups_, &Group::is_code),
             source = std::ranges::any_of(groups_, &Group::is_source);
  const std::size_t places_max = code ? 1u << 13 : source ? 1u << 8 : 1u << 21;
  std::size_t places = 1;
  for (const Group& group : groups_) {
    places *= group.values;
    if (places > places_max) return false;
  }
  return !code || !source;
}

// Dates of one group of all else stand together, as they are counted most; sources come last, as there may come more.
void LeafTotals::start() {
  std::size_t places = 1;
  const auto place = [&](Group& group) { group.stride = std::exchange(places, places * group.values); };
  if (date_) place(groups_[*date_]);
  for (Group& group : groups_)
    if (!group.is_date() && !group.is_source()) place(group);
  for (Group& group : groups_)
    if (group.is_source()) place(group);
  table_.assign(places, 0);
  others_.clear(), counted_.clear(), patients_.clear();
  if (!date_ || !date_of_day_.empty() || groups_[*date_].op == Op::date_of) return;
  date_of_day_.resize(table_days);
  const Op op = groups_[*date_].op;
  for (std::uint32_t number = 0, all = op == Op::year_of ? years : months; number < all; ++number)
    std::fill(date_of_day_.begin() + (first_day(op, number) - table_first),
              date_of_day_.begin() + (first_day(op, number + 1) - table_first), static_cast<std::uint16_t>(number));
}

Result<std::optional<std::int64_t>> LeafTotals::find(const LeafRange& of, LeafReader& reader, Stop& stop, Findings& into) {
  start();
  const bool ordinary =
      TRY(reader.visit(of, stop, of_patients_ ? LeafReader::Whose::asked : LeafReader::Whose::unasked, *this));
  if (!ordinary) return std::optional<std::int64_t>();
  if (!asks_code()) take_table(0);
  return std::optional(give(of, into));
}

namespace {

template <typename Each>
void each_kept(const LeafReader::Kept& kept, const Each& each) {
  if (kept.everything) {
    for (std::size_t i = kept.first, past = kept.first + kept.count; i < past; ++i) each(i);
  } else {
    for (const std::uint32_t i : kept.some) each(std::size_t{i});
  }
}

// Of those that are kept. Runs of one code mostly follow one another, and are merged where they do not.
void add_patients(const PostingColumns& columns, const LeafReader::Kept& kept, std::vector<PatientId>& patients) {
  const std::size_t before = patients.size();
  patients.resize(before + kept.size());
  PatientId* to = patients.data() + before;
  each_kept(kept, [&](std::size_t i) { *to++ = columns.patient[i]; });
  if (before == 0 || patients[before - 1] <= patients[before]) return;
  std::inplace_merge(patients.begin(), patients.begin() + static_cast<std::ptrdiff_t>(before), patients.end());
}

}  // namespace

void LeafTotals::run(engine::Name code, const PostingColumns& columns, const LeafReader::Kept& kept) {
  if (of_patients_) return add_patients(columns, kept, patients_);
  std::size_t place = 0;  // by what is the same for all
  varying_.clear();
  for (const Group& group : groups_) {
    if (!group.word) continue;
    const auto& column = columns.*group.word->column;
    if (group.is_source())
      make_room(group, column.is_constant() ? column[0] : bits_of({column.values(), columns.count}));  // no less
    if (column.is_constant()) place += column[0] * group.stride;
    else varying_.push_back({column.values(), group.stride});
  }
  if (date_) return count_dates(code, columns, kept, place);
  std::int64_t* const table = table_.data() + place;
  if (varying_.empty()) {
    *table += static_cast<std::int64_t>(kept.size());
  } else if (varying_.size() == 1) {
    each_kept(kept, [table, of = varying_.front()](std::size_t i) { ++table[of.values[i] * of.stride]; });
  } else {
    each_kept(kept, [&](std::size_t i) { ++table[place_of(i)]; });
  }
}

void LeafTotals::make_room(const Group& of_source, std::size_t source) {
  const std::size_t places = (source + 1) * of_source.stride;
  if (places > table_.size()) table_.resize(places, 0);
}

void LeafTotals::count_dates(engine::Name code, const PostingColumns& columns, const LeafReader::Kept& kept,
                             std::size_t place) {
  constexpr std::uint32_t turned = 0x80000000u, first = static_cast<std::uint32_t>(table_first) ^ turned;
  const std::uint32_t flags =
      columns.flags.is_constant() ? columns.flags[0] : bits_of({columns.flags.values(), columns.count});
  const auto count_one = [&](std::size_t i) {
    count_date({code, place + place_of(i), columns.day_at(i), stored::precision_of(columns.flags[i])});
  };
  if (columns.day.is_constant() || (flags & stored::posting_vague)) return each_kept(kept, count_one);
  const std::uint32_t* const days = columns.day.values();
  std::int64_t* const table = table_.data() + place;
  const auto count = [&](const auto& date_of, const auto& place_of) {
    each_kept(kept, [&](std::size_t i) {
      if (const std::uint32_t day = days[i] - first; day < std::uint32_t{table_days})
        ++table[date_of(day) + place_of(i)];
      else count_one(i);
    });
  };
  const auto count_all = [&](const auto& date_of) {
    if (varying_.empty()) count(date_of, [](std::size_t) { return std::size_t{0}; });
    else count(date_of, [this](std::size_t i) { return place_of(i); });
  };
  if (date_of_day_.empty()) count_all([](std::uint32_t day) { return std::size_t{day}; });
  else count_all([of = date_of_day_.data()](std::uint32_t day) { return std::size_t{of[day]}; });
}

void LeafTotals::count_date(const Other& one) {
  const Op op = groups_[*date_].op;
  const Precision enough = op == Op::year_of ? Precision::year : op == Op::month_of ? Precision::month : Precision::day;
  const std::uint32_t day = static_cast<std::uint32_t>(one.day) - static_cast<std::uint32_t>(table_first);
  const bool known = one.precision >= enough;
  if (known && day < std::uint32_t{table_days}) ++table_[one.place + (op == Op::date_of ? day : date_of_day_[day])];
  else if (!known && op != Op::date_of) ++table_[one.place + groups_[*date_].values - 1];
  else ++others_[{one.code, one.place, one.day, std::min(one.precision, Precision::day)}];
}

void LeafTotals::added(engine::Name code, const Posting& posting) {
  if (of_patients_) return patients_.push_back(posting.patient);
  std::size_t place = 0;
  for (const Group& group : groups_) {
    if (!group.word) continue;
    if (group.is_source()) make_room(group, posting.source);
    place += group.word->of(posting) * group.stride;
  }
  if (date_) count_date({code, place, posting.day, stored::precision_of(posting.flags)});
  else ++table_[place];
}

void LeafTotals::code_done(engine::Name code) {
  if (!of_patients_) return asks_code() ? take_table(code) : void();
  if (!std::ranges::is_sorted(patients_)) std::ranges::sort(patients_);  // those that were added
  table_.front() = std::unique(patients_.begin(), patients_.end()) - patients_.begin();
  patients_.clear();
  take_table(code);
}

void LeafTotals::take_table(engine::Name code) {
  for (std::size_t place = 0; place < table_.size(); ++place) {
    if (table_[place] == 0) continue;
    counted_.push_back(numbers_at(code, place));
    counted_.back().count = std::exchange(table_[place], 0);
  }
}

LeafTotals::Counted LeafTotals::numbers_at(engine::Name code, std::size_t place) const {
  Counted made;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const Group& group = groups_[i];
    const std::size_t at = place / group.stride;
    made.numbers[i] = group.is_code() ? code : static_cast<std::uint32_t>(group.is_source() ? at : at % group.values);
  }
  return made;
}

Cell LeafTotals::cell_of(const Group& group, std::uint32_t number, const LeafRange& of) const {
  if (group.is_code()) return code_cell(of.view, of.shard, number);
  if (group.is_date()) {
    const bool missing = group.op != Op::date_of && number + 1 == group.values;
    return missing ? Cell(Missing{}) : date_cell(group.op, record::day_time(first_day(group.op, number)));
  }
  switch (group.word->field) {
    case field_kind: return text_cell(std::string(called(static_cast<record::Kind>(number))));
    case field_source: return text_cell(group_words(source_text(of.view.source_of(of.shard, number))));
    case field_author: return text_cell(std::string(called(static_cast<record::Author>(number))));
    case field_status: return text_cell(std::string(called(static_cast<record::Status>(number))));
    default: return text_cell(std::string(called(static_cast<record::Certainty>(number))));
  }
}

// In the order of their cells, of which each is made once: so they are put behind one another.
std::int64_t LeafTotals::give(const LeafRange& of, Findings& into) {
  std::vector<std::vector<Cell>> cells(groups_.size());  // of each group, in order
  std::vector<std::uint32_t> place;                      // of each number among them
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    place.clear();
    for (const Counted& one : counted_) {
      if (one.numbers[g] >= place.size()) place.resize(one.numbers[g] + std::size_t{1}, 0);
      place[one.numbers[g]] = 1;
    }
    std::vector<std::pair<Cell, std::uint32_t>> all;
    for (std::uint32_t number = 0; number < place.size(); ++number)
      if (place[number]) all.emplace_back(cell_of(groups_[g], number, of), number);
    std::ranges::sort(all, CellOrder(), &std::pair<Cell, std::uint32_t>::first);
    for (auto& [cell, number] : all) {
      place[number] = static_cast<std::uint32_t>(cells[g].size());
      cells[g].push_back(std::move(cell));
    }
    for (Counted& one : counted_) one.numbers[g] = place[one.numbers[g]];
  }
  std::ranges::sort(counted_, {}, &Counted::numbers);
  std::int64_t sum = 0;
  const auto add = [&](const auto& cell, std::int64_t count) {
    Key key;
    key.reserve(groups_.size());
    for (std::size_t g = 0; g < groups_.size(); ++g) key.push_back(cell(g));
    into.add(std::move(key), 0, count, 1);
    sum += count;
  };
  for (const Counted& one : counted_) add([&](std::size_t g) { return cells[g][one.numbers[g]]; }, one.count);
  for (const auto& [other, count] : others_) {
    const Counted at = numbers_at(other.code, other.place);
    const auto cell = [&, date = date_known(other.day, other.precision)](std::size_t g) {
      return g == *date_ ? date_cell(groups_[g].op, date) : cell_of(groups_[g], at.numbers[g], of);
    };
    add(cell, count);
  }
  return sum;
}

}  // namespace chartline::query::vectorised
