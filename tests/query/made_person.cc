#include "tests/query/made_person.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "formats/record/decimal.h"
#include "formats/record/kind.h"

namespace chartline::query {
namespace {

using record::End;
using record::Time;
using record::Value;

constexpr std::string_view comparators[] = {"<=", ">=", "<", ">"};

// Words by blanks; a quoted text is one word.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '\'') quoted = !quoted;
    if (i < line.size() && (quoted || line[i] != ' ')) continue;
    if (i > begin) words.push_back(line.substr(begin, i - begin));
    begin = i + 1;
  }
  return words;
}

Time time(std::string_view text) {
  if (text == "-") return {};
  const std::optional<Time> time = record::parse_time(text);
  EXPECT_TRUE(time) << text;
  return time.value_or(Time{});
}

End end(std::string_view text) {
  if (text == "ongoing") return {.form = End::Form::ongoing, .at = {}};
  if (text == "unknown") return {.form = End::Form::unknown, .at = {}};
  return {.form = End::Form::at, .at = time(text)};
}

bool is_property(std::string_view word) {
  return word != "=" && word.find('=') != word.npos && !word.starts_with('\'');
}

}  // namespace

MadePerson::MadePerson() { person_.name = "A123"; }

record::Code MadePerson::code(std::string_view text) {
  const std::size_t colon = text.find(':');
  EXPECT_NE(colon, text.npos) << text;
  return {.system = arena_.text(text.substr(0, colon)), .code = arena_.text(text.substr(colon + 1)), .display = {}};
}

Value MadePerson::value(std::string_view text, std::string_view unit) {
  Value made;
  if (text.starts_with('\'')) {
    made.form = Value::Form::text;
    made.text = arena_.text(text.substr(1, text.size() - 2));
    return made;
  }
  if (text == "yes" || text == "no") {
    made.form = Value::Form::boolean;
    made.boolean = text == "yes";
    return made;
  }
  std::string_view digits = text;
  for (const std::string_view comparator : comparators) {
    if (digits == text && text.starts_with(comparator)) {
      made.comparator = *record::parse_comparator(comparator);
      digits.remove_prefix(comparator.size());
    }
  }
  if (const auto number = record::parse_decimal(digits)) {
    made.form = Value::Form::number;
    made.number = *number;
    made.unit = arena_.text(unit);
  } else if (const auto date = record::parse_time(text)) {
    made.form = Value::Form::date;
    made.date = *date;
  } else {
    made.form = Value::Form::code;
    made.code = code(text);
  }
  return made;
}

void MadePerson::add_property(std::string_view property, record::Event& event,
                              std::vector<record::Attribute>& attributes) {
  const std::string_view name = property.substr(0, property.find('='));
  const std::string_view text = property.substr(name.size() + 1);
  if (name.starts_with("attr.")) {
    attributes.push_back({.name = arena_.text(name.substr(5)), .value = value(text, "")});
  } else if (name == "status") {
    event.status = *record::parse_status(text);
  } else if (name == "certainty") {
    event.certainty = *record::parse_certainty(text);
  } else if (name == "author") {
    event.author = *record::parse_author(text);
  } else if (name == "source") {
    event.source.organisation = arena_.text(text);
  } else if (name == "system") {
    event.source.system = arena_.text(text);
  } else if (name == "record") {
    event.record = arena_.text(text);
  } else if (name == "encounter") {
    event.encounter = arena_.text(text);
  } else if (name == "display") {
    event.code.display = arena_.text(text.substr(1, text.size() - 2));
  } else if (name == "recorded") {
    event.recorded = time(text).instant();
  } else {
    ADD_FAILURE() << "what is " << property << "?";
  }
}

void MadePerson::add_demographics(std::string_view line) {
  const std::vector<std::string_view> words = words_of(line);
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word.ends_with(',')) word.remove_suffix(1);
    std::string_view next = i + 1 < words.size() ? words[i + 1] : "";
    if (next.ends_with(',')) next.remove_suffix(1);
    if (word == "born") {
      person_.birth = time(next), ++i;
    } else if (word == "died") {
      person_.dead = true;
      if (next != "unknown") person_.death = time(next);
      ++i;
    } else {
      person_.sex = arena_.text(word);
    }
  }
}

void MadePerson::add(std::string_view line) {
  if (line.starts_with("born") || line.starts_with("died") || line.starts_with("female") || line.starts_with("male"))
    return add_demographics(line);
  const std::vector<std::string_view> words = words_of(line);
  ASSERT_GE(words.size(), 3u) << line;
  record::Event event;
  const std::size_t dots = words[0].find("..");
  event.start = time(words[0].substr(0, dots));
  if (dots != std::string_view::npos) event.end = end(words[0].substr(dots + 2));
  const std::optional<record::Kind> kind = record::parse_kind(words[1]);
  ASSERT_TRUE(kind) << line;
  event.kind = *kind;
  std::vector<record::Code> codes;
  for (std::string_view rest = words[2]; rest != "-" && !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find('+'));
    codes.push_back(code(one));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
  if (!codes.empty()) event.code = codes.front(), event.translations = arena_.array(codes).subspan(1);
  std::vector<record::Attribute> attributes;
  for (std::size_t i = 3; i < words.size(); ++i) {
    if (words[i] == "=") {
      ASSERT_LT(i + 1, words.size()) << line;
      const bool has_unit = i + 2 < words.size() && !is_property(words[i + 2]);
      event.value = value(words[i + 1], has_unit ? words[i + 2] : "");
      i += has_unit ? 2 : 1;
    } else {
      ASSERT_TRUE(is_property(words[i])) << line;
      add_property(words[i], event, attributes);
    }
  }
  std::ranges::sort(attributes, {}, &record::Attribute::name);
  event.attributes = arena_.array(attributes);
  event.number = static_cast<std::uint32_t>(events_.size() + 1);
  event.sequence = events_.size();
  events_.push_back(event);
}

Person MadePerson::person() {
  std::ranges::stable_sort(events_, [](const record::Event& a, const record::Event& b) { return comes_before(a, b); });
  person_.events = events_;
  return person_;
}

}  // namespace chartline::query
