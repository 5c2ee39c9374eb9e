// Comparisons: of the recorded values of events with a number as columns, of all else row by row.

#include "query/units.h"
#include "query/vectorised/evaluation.h"
#include "query/when.h"

namespace chartline::query::vectorised {

using typed::Node;
using typed::Op;

namespace {

bool holds(Op op, double a, double b) {
  switch (op) {
    case Op::equal: return a == b;
    case Op::unequal: return a != b;
    case Op::less: return a < b;
    case Op::less_or_equal: return a <= b;
    case Op::greater: return a > b;
    default: return a >= b;
  }
}

bool is_time(const Node& node) { return node.type.basic == Basic::date || node.type.basic == Basic::instant; }

}  // namespace

Truth compare(Op op, const Quantity& a, const Quantity& b) { return answer(op, standing(a, b)); }

Truths Evaluation::comparison(const Node& node, const Frame& frame) {
  const std::size_t rows = frame.rows();
  const Node &left = *node.parts[0], &right = *node.parts[1];
  Truths made(rows, Truth::unknown);
  if (is_time(left) || is_time(right)) {
    const Times a = time(left, frame), b = time(right, frame);
    const Moment::Form a_form = form_of(left), b_form = form_of(right);
    for (std::size_t row = 0; row < rows; ++row) {
      if (!a[row].known() || !b[row].known()) continue;
      const Moment x{a[row], a_form}, y{b[row], b_form};
      made[row] = answer(node.op, standing(x, y));
    }
    return made;
  }
  if (left.type.basic == Basic::word || right.type.basic == Basic::word) return compare_words(node, frame);
  if (left.type.basic == Basic::text && right.type.basic == Basic::text) return compare_texts(node, frame);
  if (!may_be_number(left) || !may_be_number(right)) {
    const bool attribute = left.op == Op::attribute || right.op == Op::attribute;
    refuse(attribute ? "attributes that are no numbers"
                     : "a comparison of " + query::name(left.type) + " and " + query::name(right.type));
    return made;
  }
  if (compare_values(node, frame, made) || compare_changes(node, frame, made) || compare_ages(node, frame, made))
    return made;
  const Numbers a = number(left, frame), b = number(right, frame);
  for (std::size_t row = 0; row < rows; ++row) {
    if (!a[row] || !b[row]) continue;
    if (mixes(*a[row], *b[row])) make_odd(frame.place[row]);
    made[row] = compare(node.op, *a[row], *b[row]);
  }
  return made;
}

std::optional<Quantity> Evaluation::written_number(const Node& node) const {
  const Node& at = unnamed(node);
  if (at.op == Op::negative) {
    const std::optional<Quantity> of = written_number(*at.parts[0]);
    return of ? std::optional(query::negative(*of)) : std::nullopt;
  }
  if (at.op != Op::number) return std::nullopt;
  Quantity made = exactly(std::get<record::Decimal>(at.data).to_double());
  if (at.type.measure == Type::Measure::unit) made.measure = Quantity::Measure::unit, made.unit = at.type.unit;
  return made;
}

// The age of a patient beside a number that the query writes.
bool Evaluation::compare_ages(const Node& node, const Frame& frame, Truths& into) {
  const std::optional<Quantity> bound = written_number(*node.parts[1]);
  if (!bound || node.parts[0]->op != Op::age || bound->measure == Quantity::Measure::unit) return false;
  const std::vector<Years> years = ages(*node.parts[0], frame);
  for (std::size_t row = 0; row < frame.rows(); ++row) {
    const auto [low, high] = years[row];
    if (low < 0) continue;
    into[row] =
        low == high ? query::truth(holds(node.op, low, bound->low)) : compare(node.op, query::range(low, high), *bound);
  }
  return true;
}

// How much the values of two events differ, beside a number without a unit that the query writes. Where both are of one unit it does
// not count.
bool Evaluation::compare_changes(const Node& node, const Frame& frame, Truths& into) {
  const std::optional<Quantity> bound = written_number(*node.parts[1]);
  const Node& change = *node.parts[0];
  if (!bound || bound->measure == Quantity::Measure::unit || change.op != Op::subtract) return false;
  if (!is_value(*change.parts[0]) || !is_value(*change.parts[1])) return false;
  const EventColumn column = one(*change.parts[0]->parts[0], frame), other = one(*change.parts[1]->parts[0], frame);
  const Events &mine = *column.events, &theirs = *other.events;
  want(&mine, field_value | field_primary), want(&theirs, field_value | field_primary);
  const auto is_exact = [](const EventColumn& of, std::size_t row) {
    const std::uint32_t at = of.index[row];
    return at != no_event && of.events->form[at] == record::Value::Form::number &&
           of.events->comparator[at] == record::Comparator::equal;
  };
  for (std::size_t row = 0; row < frame.rows(); ++row) {
    const std::uint32_t at = column.index[row], beside = other.index[row];
    std::optional<Quantity> made;
    if (is_exact(column, row) && is_exact(other, row) && mine.unit[at] == theirs.unit[beside]) {
      made = subtract(exactly(mine.value[at]), exactly(theirs.value[beside]));
    } else {
      const std::optional<Quantity> a = value_at(column, frame, row), b = value_at(other, frame, row);
      if (!a || !b) continue;
      if (mixes(*a, *b)) make_odd(frame.place[row]);
      made = subtract(*a, *b);
    }
    if (made) into[row] = compare(node.op, *made, *bound);
  }
  return true;
}

// The value of an event, or of its attribute, beside a number that the query writes.
bool Evaluation::compare_values(const Node& node, const Frame& frame, Truths& into) {
  const Node& value = *node.parts[0];
  const std::optional<Quantity> written = written_number(*node.parts[1]);
  if (!written || (!is_value(value) && !is_attribute(value))) return false;
  const Quantity& bound = *written;
  const bool plain = bound.measure == Quantity::Measure::plain;
  if (is_attribute(value) && !plain) return false;  // what it measures its event says
  const EventColumn column = value_of(value, frame);
  const Events& events = *column.events;
  want(&events, plain ? field_value : field_value | field_primary);
  engine::Name same_unit = 0;  // the unit seen last that is the bound's
  for (std::size_t row = 0; row < frame.rows(); ++row) {
    const std::uint32_t at = column.index[row];
    if (at == no_event || events.form[at] != record::Value::Form::number) continue;
    const engine::Name unit = events.unit[at];
    bool quick = events.comparator[at] == record::Comparator::equal;
    if (!plain && quick && (unit == 0 || unit != same_unit)) {
      if (unit == 0) {  // recorded without a unit: unknown
        ++incomparable_;
        continue;
      }
      quick = view_->unit_of(block_.shard, unit) == bound.unit;
      if (quick) same_unit = unit;
    }
    if (quick) {
      into[row] = query::truth(holds(node.op, events.value[at], bound.low));
      continue;
    }
    const Quantity one = *quantity_at(column, row);
    if (mixes(one, bound)) make_odd(frame.place[row]);
    const std::optional<Quantity> beside = plain ? one : in_unit(one, bound.unit);
    if (one.exact() && bound.exact() && !beside) ++incomparable_;
    if (beside) into[row] = compare(node.op, *beside, bound);
  }
  return true;
}

// Words of closed lists: the sex of a patient, the kind of an event and the like.
Truths Evaluation::compare_words(const Node& node, const Frame& frame) {
  const std::size_t rows = frame.rows();
  Truths made(rows, Truth::unknown);
  const bool turned = node.parts[0]->op == Op::word;
  const Node &asked = *node.parts[turned ? 1 : 0], &word = *node.parts[turned ? 0 : 1];
  const bool is_equality = node.op == Op::equal || node.op == Op::unequal;
  if (word.op != Op::word || !is_equality) {
    refuse("a comparison of words");
    return made;
  }
  const std::string written = literal_text(word);
  const auto answer = [&](bool equal) { return query::truth(equal == (node.op == Op::equal)); };
  if (asked.op == Op::sex) {
    ask_demographics();
    for (std::size_t row = 0; row < rows; ++row) {
      const engine::Name sex = who(frame.place[row]).sex;
      if (sex != 0) made[row] = answer(view_->code_of(block_.shard, sex).code == written);
    }
    return made;
  }
  const auto compare = [&](const auto& words, const std::vector<std::uint32_t>& index, int count) {
    using Word = typename std::decay_t<decltype(words)>::value_type;
    Truths of_word(static_cast<std::size_t>(count), Truth::unknown);
    for (std::size_t i = 0; i < of_word.size(); ++i) {
      const std::string_view text = called(static_cast<Word>(i));
      if (!text.empty()) of_word[i] = answer(text == written);
    }
    for (std::size_t row = 0; row < rows; ++row)
      if (index[row] != no_event) made[row] = of_word[static_cast<std::size_t>(words[index[row]])];
  };
  if (asked.op == Op::field && with_words(asked, frame, compare)) return made;
  refuse(asked.op == Op::field ? "the field " + std::get<std::string>(asked.data) : "a comparison of words");
  return made;
}

std::string Evaluation::text_of(const std::string& field, engine::Name name) const {
  if (field == "source") return source_text(view_->source_of(block_.shard, name));
  return name == 0 ? "" : std::string(view_->unit_of(block_.shard, name));
}

// The source or unit of an event beside a text that the query writes. Few are different, and each is looked at once.
Truths Evaluation::compare_texts(const Node& node, const Frame& frame) {
  Truths made(frame.rows(), Truth::unknown);
  const bool turned = unnamed(*node.parts[0]).op == Op::text;
  const Node &asked = *node.parts[turned ? 1 : 0], &text = unnamed(*node.parts[turned ? 0 : 1]);
  const std::string field = asked.op == Op::field ? std::get<std::string>(asked.data) : "";
  const bool is_equality = node.op == Op::equal || node.op == Op::unequal;
  if ((field != "source" && field != "unit") || text.op != Op::text || !is_equality) {
    refuse(field.empty() ? "a comparison of texts" : "the field " + field);
    return made;
  }
  const EventColumn column = one(*asked.parts[0], frame);
  want(column.events, field == "source" ? field_source : field_value);
  if (in_rehearsal()) return made;
  const std::vector<engine::Name>& names = field == "source" ? column.events->source : column.events->unit;
  const std::string& written = std::get<std::string>(text.data);
  std::unordered_map<engine::Name, Truth> known;
  std::optional<engine::Name> before;
  Truth of_before = Truth::unknown;
  for (std::size_t row = 0; row < frame.rows(); ++row) {
    if (column.index[row] == no_event) continue;
    const engine::Name name = names[column.index[row]];
    if (name != before) {
      const auto [found, is_new] = known.try_emplace(name, Truth::unknown);
      const std::string called = is_new ? text_of(field, name) : "";
      if (!called.empty()) found->second = query::truth((called == written) == (node.op == Op::equal));
      before = name, of_before = found->second;
    }
    made[row] = of_before;
  }
  return made;
}

}  // namespace chartline::query::vectorised
