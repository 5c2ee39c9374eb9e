#include "formats/exchange/circe_node.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace chartline::exchange {

using simdjson::SUCCESS;

CirceNode::CirceNode(simdjson::dom::element element, std::string path)
    : element_(element), path_(std::move(path)), present_(!element.is_null()) {}

CirceNode CirceNode::operator[](std::string_view key) const {
  simdjson::dom::object object;
  simdjson::dom::element found;
  CirceNode absent;
  absent.path_ = path_ + "/" + std::string(key);
  if (!present_ || element_.get_object().get(object) != SUCCESS || object.at_key(key).get(found) != SUCCESS)
    return absent;
  return CirceNode(found, absent.path_);
}

std::vector<CirceNode> CirceNode::items() const {
  std::vector<CirceNode> items;
  simdjson::dom::array list;
  if (!present_ || element_.get_array().get(list) != SUCCESS) return items;
  for (const simdjson::dom::element element : list)
    items.emplace_back(element, path_ + "/" + std::to_string(items.size()));
  return items;
}

std::vector<std::string> CirceNode::keys() const {
  std::vector<std::string> keys;
  simdjson::dom::object object;
  if (!present_ || element_.get_object().get(object) != SUCCESS) return keys;
  for (const auto field : object)
    if (!field.value.is_null()) keys.emplace_back(field.key);
  return keys;
}

bool CirceNode::is_empty() const {
  simdjson::dom::array list;
  simdjson::dom::object object;
  bool is_true = true;
  if (!present_) return true;
  if (element_.get_array().get(list) == SUCCESS) return list.size() == 0;
  if (element_.get_object().get(object) == SUCCESS) return object.size() == 0;
  return element_.get_bool().get(is_true) == SUCCESS && !is_true;
}

Result<void> CirceNode::only(std::initializer_list<std::string_view> known) const {
  return refuse_but([&](const std::string& key) { return std::ranges::find(known, key) != known.end(); });
}

Result<void> CirceNode::only(std::span<const std::string> known) const {
  return refuse_but([&](const std::string& key) { return std::ranges::find(known, key) != known.end(); });
}

Result<void> CirceNode::refuse_but(const std::function<bool(const std::string&)>& is_known) const {
  if (present_ && !element_.is_object()) return refusal("it is no object");
  for (const std::string& key : keys())
    if (!is_known(key) && !(*this)[key].is_empty()) return (*this)[key].refusal("it is not covered");
  return {};
}

Result<std::optional<std::int64_t>> CirceNode::whole() const {
  if (!present_) return std::optional<std::int64_t>();
  std::int64_t value = 0;
  if (element_.get_int64().get(value) == SUCCESS) return std::optional(value);
  return refusal("it is no whole number");
}

Result<std::string> CirceNode::text() const {
  std::string_view value;
  if (!present_) return std::string();
  if (element_.get_string().get(value) == SUCCESS) return std::string(value);
  return refusal("it is no text");
}

Result<std::string> CirceNode::word() const {
  std::string word = TRY(text());
  for (char& c : word)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return word;
}

Result<bool> CirceNode::flag() const {
  bool value = false;
  if (!present_) return false;
  if (element_.get_bool().get(value) == SUCCESS) return value;
  return refusal("it is neither true nor false");
}

Result<std::string> CirceNode::number() const {
  double value = 0;
  if (!present_ || element_.get_double().get(value) != SUCCESS || !std::isfinite(value) || std::abs(value) > 1e15)
    return refusal("it is no number");
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.6f", value);
  std::string written = digits;
  written.erase(written.find_last_not_of('0') + 1);
  if (written.ends_with('.')) written.pop_back();
  return written;
}

Error CirceNode::refusal(std::string_view why) const {
  return unsupported((path_.empty() ? std::string("the definition") : path_) + ": " + std::string(why));
}

}  // namespace chartline::exchange
