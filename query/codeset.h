// Code sets: what the codes in a query stand for, against one store: `icd10:E11*`, `snomed:<<73211009`, `@diabetes`.
// Expanded once, before a query runs, to the codes that events carry; from then on a set is a set.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/store.h"
#include "engine/view.h"
#include "query/typed.h"

namespace chartline::query {

struct CodeKey {
  std::string system, code;  // canonical
  friend auto operator<=>(const CodeKey&, const CodeKey&) = default;
};

struct CodeSet {
  bool any = false;              // `*`: every event, with a code or without
  std::vector<CodeKey> codes{};  // sorted, each once; codes that no event carries too, where the text or a list names them
  std::uint64_t listed = 0;      // codes that the text, lists and hierarchies name
  std::uint64_t unseen = 0;      // of these, such as no event of the store carries
  std::string attribute{};  // no codes at all, but whatever has this attribute: of columns alone, which look it up beside its events
  bool contains(std::string_view system, std::string_view code) const;
  bool contains(const record::Code& code) const { return contains(code.system, code.code); }
  // Any coding of the event: its primary code or a translation.
  bool matches(const record::Event& event) const;
  // The names of its postings in a shard, sorted; those that the shard has never seen are left out. Not for `any`.
  std::vector<engine::Name> names(const engine::View& view, std::uint32_t shard) const;
};

// Where expansion looks things up. Over a store: see store_codes(); tests give their own.
class CodeSource {
 public:
  virtual ~CodeSource() = default;
  // Of the codes that events carry; system "" is every system.
  virtual Result<std::vector<CodeKey>> with_prefix(std::string_view system, std::string_view prefix) = 0;
  virtual Result<std::vector<CodeKey>> descendants(std::string_view system, std::string_view code) = 0;  // without itself
  virtual Result<std::optional<std::vector<CodeKey>>> list(std::string_view name) = 0;  // nullopt: there is none
  // Further codes of the concept: the code that an omop: id stands for. Codes that map to this one.
  virtual Result<std::vector<CodeKey>> same_concept(const CodeKey&) { return std::vector<CodeKey>(); }
  virtual Result<std::vector<CodeKey>> mapping_to(const CodeKey&) { return std::vector<CodeKey>(); }
  virtual bool carried(const CodeKey& code) = 0;  // by some event of the store
  virtual std::string version() const = 0;        // of the terminology that it looks in; "" for none loaded
};

// Over a store: what its events carry, the terminology loaded beside them, its code lists, both as of the view's moment.
// `version` pins terminology (engine/terminology_reader.h), "" looks in all of it; not_found where it was never loaded. One
// for each prepared query; not thread safe. The store lives longer.
Result<std::unique_ptr<CodeSource>> store_codes(engine::Store& store, const engine::View& view, std::string_view version);

// `* - a` is every code that events carry but those of `a`; events without a code are not in it.
//
// A node of type code or codeset (names of `codes` definitions are looked up in `definitions` by the caller: see Program).
using CodesByName = std::vector<std::pair<std::string, typed::Ptr>>;
Result<CodeSet> expand(const typed::Node& codes, const CodesByName& definitions, CodeSource& source);

}  // namespace chartline::query
