// Code lists: named sets of codes kept in the store, `@name` in a query. Each change makes a numbered version with where it
// came from and when; no version is ever changed or lost, so that a query as of a moment sees the list of that moment.
//
// Kept among the store's named values, each with its checksum:
//
//   code_lists            -> format:u8 { name:text n:varint { number recorded entries rejected removed:varint file hash:text }* }*
//   code_list/NAME/NUMBER -> format:u8 { system code:text reach excluded:u8 display:text }*
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/store.h"
#include "query/codeset.h"
#include "query/token.h"

namespace chartline::query {

// What a list names: codes, and whole parts of a hierarchy, which are looked up when a query is prepared.
struct ListEntry {
  CodeKey code;
  Reach reach = Reach::one;
  bool excluded = false;  // taken out of what the others name
  std::string display{};
  friend bool operator==(const ListEntry&, const ListEntry&) = default;
};

struct ListOrigin {
  std::string file;            // as named at import
  std::string hash;            // of its bytes: XXH3-128 in hexadecimal
  std::uint64_t rejected = 0;  // rows that could not be used
};

struct ListVersion {
  std::uint32_t number = 0;  // from 1
  Micros recorded = 0;
  bool removed = false;  // from here on there is no such list
  std::uint64_t entries = 0;
  ListOrigin origin{};
};

struct CodeList {
  std::string name;
  std::vector<ListVersion> versions;  // the newest last; never none
  // What counted at a moment; null where there was no such list then.
  const ListVersion* at(Micros instant) const;
  const ListVersion* now() const { return at(INT64_MAX); }
};

class CodeLists {
 public:
  explicit CodeLists(engine::Store& store) : store_(&store) {}

  Result<std::vector<CodeList>> all() const;  // by name; removed ones too
  Result<std::optional<CodeList>> find(std::string_view name) const;
  Result<std::vector<ListEntry>> entries(std::string_view name, std::uint32_t number) const;

  // A new version, or the present one where it says the same. Entries are sorted and kept once each; texts are UTF-8, or the
  // list is refused (of a file's name such bytes become U+FFFD). Threads may keep and remove lists at once.
  Result<ListVersion> keep(std::string_view name, std::vector<ListEntry> entries, ListOrigin origin, Micros now);
  // not_found where there is no such list.
  Result<ListVersion> remove(std::string_view name, Micros now);

 private:
  // Under the lock of the store's named values.
  Result<ListVersion> add(std::vector<CodeList> lists, std::string_view name, ListVersion version);
  engine::Store* store_;
};

inline constexpr std::size_t list_name_bytes_max = 200;

// Of each entry, whether an event that the view shows carries its code.
Result<std::vector<bool>> carried(const engine::View& view, std::span<const ListEntry> entries);

}  // namespace chartline::query
