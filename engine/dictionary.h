// Dictionary: the names of one shard - codes, units, sources, attribute names - each with a dense number from 1. Numbers
// are given at first sight and never change. Looking up a number, or a name that is known, takes no lock.
//
// A code keeps the first display that a source gives it. Where the display comes later than the code, the same name is
// pending once more, under the same number, now with its display.
//
// A new name must be in the log before, or with, the first change that uses its number. Writers therefore never log names:
// whoever forms a commit group first drains pending() into it, and every name used by the group is older than that.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "formats/record/event.h"
#include "formats/stored/change.h"

namespace chartline::engine {

using stored::Name;

class Dictionary {
 public:
  Dictionary();
  ~Dictionary();

  // 0 for an empty name. Thread safe.
  Name intern(const record::Code& code);
  Name intern(const record::Source& source);
  Name intern_unit(std::string_view unit);
  Name intern_attribute(std::string_view name);

  std::optional<Name> find(const record::Code& code) const;
  std::optional<Name> find(const record::Source& source) const;
  std::optional<Name> find_attribute(std::string_view name) const;

  // Of a number that was given; empty for 0. Borrowed for the life of the dictionary.
  record::Code code(Name number) const;
  record::Source source(Name number) const;
  std::string_view unit(Name number) const;
  std::string_view attribute(Name number) const;

  std::vector<std::string_view> code_systems() const;  // of all codes, ascending

  // A hash of the name's text (displays aside): the same in every store, whatever the number. 0 for 0.
  std::uint64_t text_hash(stored::Dictionary which, Name number) const;

  std::uint32_t size(stored::Dictionary which) const;  // numbers 1..size are given
  std::uint64_t bytes() const;                         // memory held

  // New names since the last call, as encoded changes in order of their numbers.
  void take_pending(std::vector<Bytes>& encoded);

  // Pages, of names up to number `size`, in which a name got its display since the last call after the name itself had been
  // given: to be written again. Ascending.
  std::vector<std::uint32_t> take_late_pages(stored::Dictionary which, std::uint32_t size);

  // Replay and load: gives the name exactly this number, and its display to a name without one. corrupt where it is
  // neither the next number nor already this name.
  Result<void> learn(const stored::NewName& name);

  // Pages of 256 names for the meta table: page p holds numbers 256p+1 .. 256p+256.
  static constexpr std::uint32_t page_names = 256;
  Bytes encode_page(stored::Dictionary which, std::uint32_t page,
                    std::uint32_t size) const;  // names up to number `size` only
  Result<void> load_page(stored::Dictionary which, std::uint32_t page, BytesView bytes);

 private:
  class Table;  // the names of one of the four
  Table& table(stored::Dictionary which) const { return *tables_[static_cast<std::size_t>(which)]; }
  std::array<std::unique_ptr<Table>, stored::dictionary_count> tables_;
};

}  // namespace chartline::engine
