// OmopConcepts: the CONCEPT table in memory, so that events can carry the codes of vocabularies beside concept ids. It
// takes 24 bytes per concept, 8 to 16 for the tables that find them, and the text of code and name.
//
// The code of a concept is its concept_code in its vocabulary ("snomed:195662009"). Where that names no single concept
// (OMOP's own vocabularies give many concepts the code "OMOP generated"; sites have duplicates), the first concept of the
// file has the code and the others are known by their id, as all those are that the table does not have: "omop:4112343".
// So are those of all vocabularies behind the first 65,536.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/record/event.h"

namespace chartline::exchange {

class OmopConcepts {
 public:
  // The second concept of an id is not taken, and false comes back.
  bool add(std::int64_t id, std::string_view vocabulary, std::string_view code, std::string_view name);

  // The canonical code, with the concept's name as its display. What the table owns is valid until the next add; an id is
  // printed into `arena`.
  record::Code code(std::int64_t id, record::Arena& arena) const;

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::int64_t id;
    std::uint64_t text;  // where code and name stand in text_, one behind the other
    std::uint32_t name_size;
    std::uint16_t code_size;  // 0: known by its id
    std::uint16_t system;
  };

  // Open addressing: numbers of entries plus one, 0 where a slot is free; a power of two of slots, half of them free.
  using Slots = std::vector<std::uint32_t>;

  const Entry* find(std::int64_t id) const;
  record::Code code_of(const Entry& entry) const;
  bool has_code(const record::Code& code) const;
  std::optional<std::uint16_t> system_number(std::string_view vocabulary);
  void grow();

  std::vector<Entry> entries_;
  std::string text_;
  std::unordered_map<std::string, std::uint16_t> vocabularies_;  // as CONCEPT names them; systems_ may borrow from them
  std::vector<std::string_view> systems_;
  Slots by_id_;
  Slots by_code_;
};

}  // namespace chartline::exchange
