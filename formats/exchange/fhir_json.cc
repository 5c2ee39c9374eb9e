#include "formats/exchange/fhir_json.h"

#include <algorithm>
#include <bitset>
#include <vector>

#include "formats/exchange/cell.h"

namespace chartline::exchange::fhir {
namespace {

constexpr char mark = '\x01';  // JSON has it in no text but escaped
constexpr std::size_t digits_of_double = 15;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_mantissa(char c) { return is_digit(c) || c == '.'; }

// Looks at each 16th byte, and once at each row of digits: a longer one holds one of them.
bool may_have_long_numbers(std::string_view json) {
  for (std::size_t at = digits_of_double; at < json.size(); at += digits_of_double + 1) {
    if (!is_mantissa(json[at])) continue;
    std::size_t begin = at, end = at + 1;
    while (begin > 0 && is_mantissa(json[begin - 1])) --begin;
    while (end < json.size() && is_mantissa(json[end])) ++end;
    at = end;
    if (end - begin <= digits_of_double) continue;
    if (begin > 0 && json[begin - 1] == '-') --begin;
    if (begin > 0 &&
        (is_space(json[begin - 1]) || json[begin - 1] == ':' || json[begin - 1] == ',' || json[begin - 1] == '['))
      return true;
  }
  return false;
}

// Where the text that begins at `at` ends, behind its quote.
std::size_t past_text(std::string_view json, std::size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '"') return at + 1;
    if (json[at] == '\\') ++at;
  }
  return json.size();
}

// Of JSON's form, with more significant digits than a double holds: what is of another form is left for the parser to refuse.
bool is_long(std::string_view number) {
  const auto digits_at = [&](std::size_t from) {
    std::size_t past = from;
    while (past < number.size() && is_digit(number[past])) ++past;
    return past;
  };
  const std::size_t begin = number.starts_with('-') ? 1 : 0;
  std::size_t past = digits_at(begin);
  if (past == begin || (number[begin] == '0' && past > begin + 1)) return false;
  if (past < number.size() && number[past] == '.') {
    const std::size_t fraction = ++past;
    if ((past = digits_at(fraction)) == fraction) return false;
  }
  const std::string_view mantissa = number.substr(begin, past - begin);
  if (past < number.size() && (number[past] == 'e' || number[past] == 'E')) {
    ++past;
    if (past < number.size() && (number[past] == '+' || number[past] == '-')) ++past;
    const std::size_t exponent = past;
    if ((past = digits_at(exponent)) == exponent) return false;
  }
  if (past != number.size()) return false;
  const auto first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return false;
  const std::string_view significant = mantissa.substr(first);
  return significant.size() - (significant.find('.') != std::string_view::npos ? 1 : 0) > digits_of_double;
}

}  // namespace

bool mark_long_numbers(std::string_view json, std::string& marked) {
  if (!may_have_long_numbers(json)) return false;
  marked.clear();
  std::size_t copied = 0;
  for (std::size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      at = past_text(json, at);
    } else if (json[at] == '-' || is_digit(json[at])) {
      const std::size_t past = std::min(json.find_first_not_of("0123456789+-.eE", at), json.size());
      if (const std::string_view number = json.substr(at, past - at); is_long(number)) {
        marked.append(json.substr(copied, at - copied)).append("\"\\u0001").append(number).append("\"");
        copied = past;
      }
      at = past;
    } else {
      ++at;
    }
  }
  if (copied == 0) return false;
  marked.append(json.substr(copied));
  marked.reserve(marked.size() + simdjson::SIMDJSON_PADDING);
  return true;
}

std::string_view Node::text() const {
  std::string_view text;
  if (!present_ || element_.get_string().get(text) != simdjson::SUCCESS || text.starts_with(mark)) return {};
  return text;
}

std::string_view Node::written() const {
  std::string_view text;
  if (!present_ || element_.get_string().get(text) != simdjson::SUCCESS || !text.starts_with(mark)) return {};
  return text.substr(1);
}

std::optional<bool> Node::boolean() const {
  bool value = false;
  if (!present_ || element_.get_bool().get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<record::Decimal> Node::number() const {
  if (!present_) return std::nullopt;
  if (const std::string_view digits = written(); !digits.empty()) return plain_number_cell(digits);
  if (std::int64_t whole = 0; element_.is_int64() && element_.get_int64().get(whole) == simdjson::SUCCESS)
    return record::decimal(whole, 0);
  double value = 0;
  if (!element_.is_number() || element_.get_double().get(value) != simdjson::SUCCESS) return std::nullopt;
  return record::decimal(value);
}

Node Node::operator[](std::string_view key) const {
  simdjson::dom::object object;
  simdjson::dom::element found;
  if (!present_ || element_.get_object().get(object) != simdjson::SUCCESS) return {};
  if (object.at_key(key).get(found) != simdjson::SUCCESS) return {};
  return found.is_null() ? Node{} : Node(found);
}

// Nearly always the hashes tell that all keys differ.
std::string_view Node::repeated_key() const {
  simdjson::dom::object object;
  if (!present_ || element_.get_object().get(object) != simdjson::SUCCESS) return {};
  constexpr std::size_t hashes = 1024;
  std::bitset<hashes> seen;
  bool may_repeat = false;
  for (const auto field : object) {
    const std::string_view key = field.key;
    const auto byte = [&](std::size_t at) { return at < key.size() ? static_cast<unsigned char>(key[at]) : 0u; };
    const auto hash = key.size() * 89 + byte(0) * 31 + byte(key.size() / 2) * 337 + byte(key.size() - 1) * 173;
    auto bit = seen[hash % hashes];
    may_repeat = may_repeat || bit;
    bit = true;
  }
  if (!may_repeat) return {};
  std::vector<std::string_view> keys;
  for (const auto field : object) keys.push_back(field.key);
  std::ranges::sort(keys);
  const auto found = std::ranges::adjacent_find(keys);
  return found == keys.end() ? std::string_view{} : *found;
}

Node Node::first() const {
  if (!is_list()) return *this;
  for (const Node item : items()) return item;
  return {};
}

Node Node::at(std::string_view path) const { return list_at(path).first(); }

Node Node::list_at(std::string_view path) const {
  Node node = *this;
  while (node && !path.empty()) {
    const auto dot = path.find('.');
    node = node.first()[path.substr(0, dot)];
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }
  return node;
}

Node::Choice Node::choice(std::string_view prefix) const {
  simdjson::dom::object object;
  if (!present_ || element_.get_object().get(object) != simdjson::SUCCESS) return {};
  for (const auto field : object) {
    if (!field.key.starts_with(prefix) || field.value.is_null()) continue;
    const auto type = field.key.substr(prefix.size());
    if (!type.empty() && type[0] >= 'A' && type[0] <= 'Z') return {field.key, Node(field.value)};
  }
  return {};
}

Node list_at_any(Node from, std::string_view paths) {
  Node found;
  any_path(paths, [&](std::string_view path) { return static_cast<bool>(found = from.list_at(path)); });
  return found;
}

}  // namespace chartline::exchange::fhir
