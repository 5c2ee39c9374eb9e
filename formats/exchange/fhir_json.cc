#include "formats/exchange/fhir_json.h"

namespace chartline::exchange::fhir {

std::string_view Node::text() const {
  std::string_view text;
  return present_ && element_.get_string().get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

std::optional<bool> Node::boolean() const {
  bool value = false;
  if (!present_ || element_.get_bool().get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<record::Decimal> Node::number() const {
  if (!present_) return std::nullopt;
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

Node Node::choice(std::string_view prefix) const {
  simdjson::dom::object object;
  if (!present_ || element_.get_object().get(object) != simdjson::SUCCESS) return {};
  for (const auto field : object) {
    if (!field.key.starts_with(prefix) || field.value.is_null()) continue;
    const auto type = field.key.substr(prefix.size());
    if (!type.empty() && type[0] >= 'A' && type[0] <= 'Z') return Node(field.value);
  }
  return {};
}

Node list_at_any(Node from, std::string_view paths) {
  Node found;
  any_path(paths, [&](std::string_view path) { return static_cast<bool>(found = from.list_at(path)); });
  return found;
}

}  // namespace chartline::exchange::fhir
