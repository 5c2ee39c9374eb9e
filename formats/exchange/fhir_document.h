// One document (a Bundle, a resource, or lines of either) turned into outcomes, in the order in which they stand there.
//
//   Document -> resources -> drafts -> Outcome, Outcome, ...
//
// Each resource gives exactly one Record or one rejected Problem; repaired Problems, and the Concepts and links of
// terminology resources, come besides.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "formats/exchange/fhir_draft.h"
#include "formats/exchange/life.h"
#include "formats/exchange/reader.h"

namespace chartline::exchange::fhir {

struct Document {
  std::string file;
  std::uint64_t line = 1;  // of its first byte
  std::string bytes;       // without a byte order mark, followed by padding_bytes more, which are not part of it
  std::size_t size = 0;    // of bytes without the padding
  bool lines = false;      // one JSON value on each line
  std::string fault;       // why the input could not be read on after these bytes; "" if it could
  std::string fault_rule;

  std::string_view text() const { return std::string_view(bytes).substr(0, size); }
};
inline constexpr std::size_t padding_bytes = simdjson::SIMDJSON_PADDING;

struct Impossible {  // counted besides the record that it is about
  std::string_view rule;
};
struct Defaulted {
  std::string_view field;
};
struct Base {  // entries come under it from here on: told once in a document
  std::string_view url;
  Place place;
};
using Outcome = std::variant<record::Record, Problem, record::Concept, record::ConceptLink, Impossible, Defaulted, Base>;

inline constexpr std::size_t bases_max = 100;  // more are not told apart

inline constexpr int nested_bundles_max = 4;

// One per thread: it keeps its parsers and memory between documents.
class DocumentReader {
 public:
  explicit DocumentReader(const ReadOptions& options);

  // What is returned borrows from the document and from this, until the next call.
  const std::vector<Outcome>& read(const Document& document);

 private:
  void read_lines(const Document& document);
  void read_value(std::string_view json, std::uint64_t sequence, int depth);
  void read_bundle(const Bundle& bundle, std::string_view json, std::uint64_t sequence, int depth);
  void read_resource(std::string_view json, std::string_view known_id, std::uint64_t sequence);
  void tell_base(const Entry& entry, std::size_t index);
  void write_record(Draft& draft, std::string_view json);
  bool find_person(Draft& draft);
  void check_life(const Draft& draft);
  void reject(std::string_view json, std::string_view field, std::string_view rule, std::string reason);
  Place place(std::string_view at, std::string field);

  const ReadOptions& options_;
  record::Arena arena_;
  References references_;
  simdjson::dom::parser parser_;
  std::string marked_;  // the resource at hand, where its numbers are longer than the parser keeps them
  std::vector<std::unique_ptr<Bundle>> bundles_;  // by depth
  std::vector<Outcome> outcomes_;
  std::unordered_map<std::string_view, Life> lives_;  // by logical id, of the document's patients so far

  std::vector<std::string_view> bases_;  // of the document's entries so far

  const Document* document_ = nullptr;
  std::uint64_t counted_line_ = 1;    // the line of the byte at
  const char* counted_to_ = nullptr;  // this place; lines are counted only as far as a problem asks
};

// The concepts and links that a CodeSystem, ValueSet, ConceptMap or Medication states; nothing for other types.
void add_terminology(Node resource, Elements& elements, std::string_view scope, std::vector<Outcome>& into);

}  // namespace chartline::exchange::fhir
