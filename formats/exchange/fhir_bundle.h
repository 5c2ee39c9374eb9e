// Bundle: where the resources of a FHIR Bundle stand in its bytes, and which entry a reference means.
//
//   {"resourceType":"Bundle","entry":[{"fullUrl":U,"resource":{...}}, ...]}   ->   Entry{json, full_url, type, id}, ...
//
// Only the envelope is read here: each resource is parsed on its own later, so that one malformed resource costs itself
// and nothing else; nor does an entry that is none, or whose resource is none. The envelope's own fields (its timestamp,
// links, requests, search scores) are transport and are not kept.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chartline::exchange::fhir {

// Why an entry gives no resource.
struct Refusal {
  std::string_view field;  // behind the entry's own place: "", ".resource"
  std::string_view rule;
  std::string_view reason;
};

struct Entry {
  std::string_view at;  // its first token, which tells where it stands
  const Refusal* refusal = nullptr;
  std::string_view json;      // the resource as it stands in the document; "" where the entry is refused
  std::string_view full_url;  // "" for none
  std::string_view type;      // resourceType
  std::string_view id;        // logical id, else the UUID of a urn:uuid full_url, else ""
};

class Bundle {
 public:
  // Splits a document, whose bytes outlive this and are followed by simdjson::SIMDJSON_PADDING readable ones. False if
  // its root is no Bundle (then it is not said to be JSON either). entries() then holds what stands before a fault().
  bool split(std::string_view document);

  const std::vector<Entry>& entries() const { return entries_; }
  bool is_history() const { return is_history_; }    // begins with the version that was said last
  bool has_no_list() const { return has_no_list_; }  // its "entry" is something else than a list
  std::optional<std::string_view> fault() const {
    return fault_;
  }  // why reading stopped early, without the library's words

  // The entry that a literal reference means: by its full URL, or as Type/id. Null if this bundle has none.
  const Entry* find(std::string_view reference) const;

 private:
  simdjson::error_code read_root(std::string_view document, bool& is_bundle);
  simdjson::error_code read_entry(simdjson::ondemand::value item);
  simdjson::error_code read_fields(simdjson::ondemand::object fields, Entry& entry);

  simdjson::ondemand::parser parser_;
  std::vector<Entry> entries_;
  bool is_history_ = false;
  bool has_no_list_ = false;
  std::optional<std::string_view> fault_;
  std::unordered_map<std::string_view, std::uint32_t> by_url_;
  std::unordered_map<std::string, std::uint32_t> by_name_;
};

// A reference's parts: "http://host/fhir/Patient/7/_history/2" -> {"Patient", "7"}; "urn:uuid:X" -> {"", X}; {} for
// others.
struct TypeAndId {
  std::string_view type;
  std::string_view id;
};
TypeAndId type_and_id(std::string_view reference);

// What stands before Type/id: "http://host/fhir" of the one above; "" where nothing does, and for urn:.
std::string_view base_of(std::string_view reference);

// The plain word for what simdjson refused.
std::string_view json_fault(simdjson::error_code error);

}  // namespace chartline::exchange::fhir
