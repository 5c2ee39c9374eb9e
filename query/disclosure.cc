#include "query/disclosure.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "base/check.h"

namespace chartline::query {

using typed::Op;

namespace {

// Of the geometric distribution: a figure that is off by one more is so much rarer. Nobody's being there or not makes any
// figure likelier by more than 1 / 0.6.
constexpr double fall = 0.6;

// All that is reached by name, each once.
class Definitions {
 public:
  explicit Definitions(const Program& program) : program_(program) {}

  void gather(const typed::Node& node) {
    switch (node.op) {
      case Op::param_of:
      case Op::let_of:
      case Op::codes_of:
      case Op::in_cohort:
      case Op::events_in:
      case Op::incidence:
      case Op::survival: name(node); break;
      default: break;
    }
    for (const typed::Ptr& part : node.parts) gather(*part);
  }
  std::string text() const {
    std::string all;
    for (const auto& [name, definition] : printed_) all += name + "\n" + definition + "\n";
    return all;
  }

 private:
  void name(const typed::Node& node) {
    const std::string& name = std::get<typed::Named>(node.data).name;
    if (printed_.contains(name)) return;
    const typed::Node& definition = program_.definition(name);
    printed_[name] = typed::print(definition);
    gather(definition);
  }

  const Program& program_;
  std::map<std::string, std::string> printed_;
};

// Slots are numbered over the whole text: here from 1 on, in the order in which they come. They stand behind a space, as no code
// does, and outside of quotes: what a text says is never taken for one.
std::string with_own_slots(const std::string& printed) {
  std::map<std::string, std::size_t> numbers;
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < printed.size();) {
    const bool begins = !quoted && out.ends_with(' ');
    out += printed[i++];
    if (out.back() == '\'') quoted = !quoted;
    if (!begins || out.back() != '$') continue;
    const std::size_t end = std::min(printed.find_first_not_of("0123456789", i), printed.size());
    out += std::to_string(numbers.try_emplace(printed.substr(i, end - i), numbers.size() + 1).first->second);
    i = end;
  }
  return out;
}

}  // namespace

std::string identity_of(const typed::Node& statement, const Program& program, Micros as_of) {
  Definitions definitions(program);
  definitions.gather(statement);
  const std::string month_end = program.month_end == MonthEnd::roll ? "roll" : "clamp";
  return std::to_string(as_of) + "\n" + month_end + "\n" + program.terminology + "\n" +
         with_own_slots(typed::print(statement) + "\n" + definitions.text());
}

DisclosureControl::DisclosureControl(engine::Disclosure mode, const engine::ProjectKey& key, std::string question,
                                     std::int64_t cells)
    : mode_(mode),
      key_(key),
      question_(std::move(question)),
      scale_(std::sqrt(static_cast<double>(cells > 0 ? cells : 1))) {
  check(mode != engine::Disclosure::none, "figures without disclosure control are not changed");
}

// Inverts the distribution: with a = fall^(1/scale), P(|noise| >= k) = 2 a^k / (1 + a) for k >= 1.
std::int64_t DisclosureControl::noise(double scale, const Key& group, std::string_view figure) const {
  Bytes cell;
  Writer out(cell);
  out.text(engine::name(mode_)), out.text(question_), out.text(figure);
  for (const Cell& one : group) out.u8(static_cast<std::uint8_t>(one.index())), out.text(print(one));
  const std::uint64_t draw = key_.hash("figure", cell);
  constexpr double draws = 1ull << 53;
  const double chance = (static_cast<double>(draw >> 11) + 0.5) / draws;
  const double a = std::pow(fall, 1 / scale), none = 2 * a / (1 + a);
  if (chance >= none) return 0;
  const auto size = 1 + static_cast<std::int64_t>(std::floor(std::log(chance / none) / std::log(a)));
  return draw & 1 ? size : -size;
}

std::optional<std::int64_t> DisclosureControl::rounded(std::int64_t blurred) const {
  if (blurred <= few_people) return std::nullopt;
  constexpr std::int64_t five = 5, six = 6;
  if (mode_ == engine::Disclosure::midpoint6) return (blurred + six - 1) / six * six - six / 2;
  return (blurred + five / 2) / five * five;
}

std::optional<std::int64_t> DisclosureControl::people(std::int64_t people, const Key& group,
                                                      std::string_view figure) const {
  if (people <= few_people) return std::nullopt;
  return rounded(people + noise(scale_, group, figure));
}

std::optional<std::int64_t> DisclosureControl::amount(const Share& share, const Key& group,
                                                      std::string_view figure) const {
  if (!people(share.people(), group, std::string(figure) + " of whom")) return std::nullopt;
  // By powers of two, so that the size of the noise is not itself a figure of one person.
  const auto most = static_cast<double>(std::bit_ceil(static_cast<std::uint64_t>(share.eighth())));
  return rounded(share.cut_sum() + noise(scale_ * most, group, figure));
}

}  // namespace chartline::query
