#include "formats/exchange/fhir_bundle.h"

#include <utility>

namespace chartline::exchange::fhir {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view uuid_prefix = "urn:uuid:";
constexpr std::string_view oid_prefix = "urn:oid:";

constexpr Refusal no_entry = {"", "not_fhir", "an entry is no JSON object"};
constexpr Refusal no_object = {".resource", "not_fhir", "the resource of an entry is no JSON object"};
constexpr Refusal no_resource = {"", "no_resource",
                                 "an entry holds no resource; deletions and responses are not imported"};
constexpr Refusal two_resources = {".resource", "duplicate_key",
                                   "an entry names two resources: which of them is meant is not known"};
constexpr Refusal two_urls = {".fullUrl", "duplicate_key",
                              "an entry has two full URLs: which of them is meant is not known"};

// The text of a value that may be missing or something else. Any other error ends the reading: after one, the library's
// iterators may not be touched again.
template <typename Value>
simdjson::error_code read_text(Value value, std::string_view& text) {
  const auto error = value.get_string().get(text);
  const bool harmless = error == simdjson::NO_SUCH_FIELD || error == simdjson::INCORRECT_TYPE;
  return harmless ? simdjson::SUCCESS : error;
}

bool begins_value(std::string_view token) {
  return !token.empty() && std::string_view("{[\"-0123456789tfn").find(token.front()) != std::string_view::npos;
}

// The object that a value is; none where it is another value, which the reading then passes over.
simdjson::error_code read_object(ondemand::value value, std::optional<ondemand::object>& object) {
  const std::string_view token = value.raw_json_token();
  ondemand::object found;
  const auto error = value.get_object().get(found);
  if (error == simdjson::SUCCESS) object = found;
  return error == simdjson::INCORRECT_TYPE && begins_value(token) ? simdjson::SUCCESS : error;
}

// On-demand slices run up to the next token.
std::string_view without_space_after(std::string_view json) {
  const auto last = json.find_last_not_of(" \t\r\n");
  return json.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

bool is_type_name(std::string_view word) {
  if (word.empty() || word[0] < 'A' || word[0] > 'Z') return false;
  return word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == std::string_view::npos;
}

}  // namespace

std::string_view json_fault(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR: return "its text is not UTF-8";
    case simdjson::DEPTH_ERROR: return "it is nested too deeply";
    case simdjson::CAPACITY: return "it is too large";
    case simdjson::MEMALLOC: return "there is not enough memory for it";
    case simdjson::EMPTY: return "it is empty";
    case simdjson::NUMBER_ERROR: return "a number is malformed or too large";
    case simdjson::STRING_ERROR:
    case simdjson::UNESCAPED_CHARS: return "a string is malformed";
    case simdjson::UNCLOSED_STRING: return "a string does not end";
    case simdjson::TRAILING_CONTENT: return "more text follows its end";
    default: return "its structure is not JSON";
  }
}

TypeAndId type_and_id(std::string_view reference) {
  for (const auto prefix : {uuid_prefix, oid_prefix})
    if (reference.starts_with(prefix)) return {"", reference.substr(prefix.size())};
  reference = reference.substr(0, reference.find_first_of("?#"));
  reference = reference.substr(0, reference.find("/_history/"));
  const auto slash = reference.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == reference.size()) return {};
  const auto before = reference.substr(0, slash);
  const auto type = before.substr(before.rfind('/') + 1);  // npos + 1 is 0: the whole
  return is_type_name(type) ? TypeAndId{type, reference.substr(slash + 1)} : TypeAndId{};
}

std::string_view base_of(std::string_view reference) {
  const auto type = type_and_id(reference).type;
  const auto before = type.empty() ? 0 : static_cast<std::size_t>(type.data() - reference.data());
  return before == 0 ? std::string_view{} : reference.substr(0, before - 1);
}

bool Bundle::split(std::string_view document) {
  entries_.clear();
  by_url_.clear();
  by_name_.clear();
  fault_.reset();
  is_history_ = has_no_list_ = false;
  bool is_bundle = false;
  const auto error = read_root(document, is_bundle);
  if (is_bundle && error != simdjson::SUCCESS) fault_ = json_fault(error);
  if (!is_bundle) return false;
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (entry.refusal != nullptr) continue;
    if (!entry.full_url.empty()) by_url_.emplace(entry.full_url, i);
    if (!entry.id.empty()) by_name_.emplace(std::string(entry.type).append("/").append(entry.id), i);
  }
  return true;
}

simdjson::error_code Bundle::read_root(std::string_view document, bool& is_bundle) {
  ondemand::document root;
  const simdjson::padded_string_view padded(document, document.size() + simdjson::SIMDJSON_PADDING);
  if (const auto error = parser_.iterate(padded).get(root); error != simdjson::SUCCESS) return error;
  std::string_view type;
  if (const auto error = root.find_field_unordered("resourceType").get_string().get(type); error != simdjson::SUCCESS)
    return error;
  is_bundle = type == "Bundle";
  if (!is_bundle) return simdjson::SUCCESS;

  root.rewind();
  ondemand::object fields;
  if (const auto error = root.get_object().get(fields); error != simdjson::SUCCESS) return error;
  for (auto next : fields) {
    ondemand::field field;
    if (const auto error = std::move(next).get(field); error != simdjson::SUCCESS) return error;
    const auto key = field.key();
    if (key == "type") {
      if (const auto error = read_text(field.value(), type); error != simdjson::SUCCESS) return error;
      is_history_ = type == "history";
    }
    if (key != "entry") continue;
    ondemand::array list;
    const std::string_view token = field.value().raw_json_token();
    const auto error = field.value().get_array().get(list);
    has_no_list_ = error == simdjson::INCORRECT_TYPE && begins_value(token);
    if (has_no_list_) return simdjson::SUCCESS;
    if (error != simdjson::SUCCESS) return error;
    for (auto next_item : list) {
      ondemand::value item;
      if (const auto fault = std::move(next_item).get(item); fault != simdjson::SUCCESS) return fault;
      if (const auto fault = read_entry(item); fault != simdjson::SUCCESS) return fault;
    }
  }
  const bool at_end = root.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return at_end ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
}

simdjson::error_code Bundle::read_entry(ondemand::value item) {
  Entry found;
  found.at = item.raw_json_token();
  std::optional<ondemand::object> fields;
  if (const auto error = read_object(item, fields); error != simdjson::SUCCESS) return error;
  if (!fields) found.refusal = &no_entry;
  else if (const auto error = read_fields(*fields, found); error != simdjson::SUCCESS) return error;
  if (found.refusal == nullptr && found.json.empty()) found.refusal = &no_resource;
  if (found.id.empty() && found.full_url.starts_with(uuid_prefix)) found.id = found.full_url.substr(uuid_prefix.size());
  entries_.push_back(found);
  return simdjson::SUCCESS;
}

simdjson::error_code Bundle::read_fields(ondemand::object fields, Entry& entry) {
  bool has_url = false, has_resource = false;
  for (auto next : fields) {
    ondemand::field field;
    if (const auto error = std::move(next).get(field); error != simdjson::SUCCESS) return error;
    const auto key = field.key();
    if (key == "fullUrl") {
      if (std::exchange(has_url, true)) entry.refusal = &two_urls;
      if (const auto error = read_text(field.value(), entry.full_url); error != simdjson::SUCCESS) return error;
    } else if (key == "resource") {
      const bool is_second = std::exchange(has_resource, true);
      std::optional<ondemand::object> resource;
      if (const auto error = read_object(field.value(), resource); error != simdjson::SUCCESS) return error;
      if (is_second || !resource) entry.refusal = is_second ? &two_resources : &no_object;
      if (!resource) continue;
      if (const auto error = read_text(resource->find_field_unordered("resourceType"), entry.type);
          error != simdjson::SUCCESS)
        return error;
      if (const auto error = read_text(resource->find_field_unordered("id"), entry.id); error != simdjson::SUCCESS)
        return error;
      std::string_view json;
      if (const auto error = resource->reset().error(); error != simdjson::SUCCESS) return error;
      if (const auto error = resource->raw_json().get(json); error != simdjson::SUCCESS) return error;
      entry.json = without_space_after(json);
    }
  }
  return simdjson::SUCCESS;
}

const Entry* Bundle::find(std::string_view reference) const {
  if (const auto found = by_url_.find(reference); found != by_url_.end()) return &entries_[found->second];
  const auto name = type_and_id(reference);
  if (name.type.empty()) return nullptr;
  const auto found = by_name_.find(std::string(name.type).append("/").append(name.id));
  return found == by_name_.end() ? nullptr : &entries_[found->second];
}

}  // namespace chartline::exchange::fhir
