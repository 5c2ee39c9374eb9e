// Comparisons. With what is missing, or of another kind, they are unknown.
#include <algorithm>

#include "query/reference/evaluator_parts.h"

namespace chartline::query {

using typed::Node;
using typed::Op;

namespace {

Standing standing(const std::string& a, const std::string& b) { return {.equal = truth(a == b)}; }

Standing standing(Truth a, Truth b) {
  return a == Truth::unknown || b == Truth::unknown ? Standing{} : Standing{.equal = truth(a == b)};
}

bool has(const Codings& codings, const record::Code& code) {
  return record::same(codings.primary, code) ||
         std::ranges::any_of(codings.translations, [&](const record::Code& one) { return record::same(one, code); });
}
Standing standing(const Codings& a, const Codings& b) {
  const bool share =
      has(a, b.primary) || std::ranges::any_of(b.translations, [&](const record::Code& code) { return has(a, code); });
  return {.equal = truth(share)};
}

// Days and weeks are of one size; months and years too; hours, minutes and seconds too. Between these there is no rate.
Standing standing(const Duration& a, const Duration& b) {
  struct Size {
    int family;
    std::int64_t count;
  };
  const auto size = [](const Duration& duration) -> Size {
    switch (duration.unit) {
      case DurationUnit::days: return {0, duration.count};
      case DurationUnit::weeks: return {0, duration.count * 7};
      case DurationUnit::months: return {1, duration.count};
      case DurationUnit::years: return {1, duration.count * 12};
      default: return {2, micros(duration)};
    }
  };
  const Size x = size(a), y = size(b);
  if (x.family != y.family) return {};
  return {truth(x.count == y.count), truth(x.count < y.count), truth(x.count > y.count)};
}

template <typename T>
Standing standing(const T&, const T&) {
  return {};
}

}  // namespace

Standing standing(const Quantity& a, const Quantity& b) { return {equal(a, b), less(a, b), less(b, a)}; }

Standing standing(const Moment& a, const Moment& b) {
  return {both(not_after(a, b), not_after(b, a)), before(a, b), before(b, a)};
}

Truth answer(Op op, const Standing& standing) {
  switch (op) {
    case Op::equal: return standing.equal;
    case Op::unequal: return opposite(standing.equal);
    case Op::less: return standing.less;
    case Op::less_or_equal: return opposite(standing.greater);
    case Op::greater: return standing.greater;
    default: return opposite(standing.less);
  }
}

Truth Evaluator::Parts::comparison(const Node& node) {
  const Node &left = *node.parts[0], &right = *node.parts[1];
  const auto is_date = [](const Node& side) {
    return side.type.basic == Basic::date || side.type.basic == Basic::instant;
  };
  if (is_date(left) || is_date(right)) {
    const std::optional<Moment> a = moment(left), b = moment(right);
    return a && b ? answer(node.op, standing(*a, *b)) : Truth::unknown;
  }
  const Value a = value(left), b = value(right);
  if (std::holds_alternative<record::Time>(a) && std::holds_alternative<record::Time>(b))
    return answer(node.op, standing(*moment(left), *moment(right)));
  return std::visit(
      [&](const auto& of_left) {
        using T = std::decay_t<decltype(of_left)>;
        const auto* of_right = std::get_if<T>(&b);
        return of_right ? answer(node.op, standing(of_left, *of_right)) : Truth::unknown;
      },
      a);
}

}  // namespace chartline::query
