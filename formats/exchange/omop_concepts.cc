#include "formats/exchange/omop_concepts.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/hash.h"
#include "formats/record/systems.h"

namespace chartline::exchange {
namespace {

using record::Code;

constexpr std::string_view omop_generated = "OMOP generated";

std::uint64_t hash_of(std::int64_t id) { return hash64({reinterpret_cast<const char*>(&id), sizeof id}); }
std::uint64_t hash_of(const Code& code) { return keyed_hash64(code.code, hash64(code.system)); }

// The first slot from the hash on that is free or holds an entry that `matches`.
template <typename Matches>
std::size_t slot_of(const std::vector<std::uint32_t>& slots, std::uint64_t hash, Matches matches) {
  std::size_t at = hash & (slots.size() - 1);
  while (slots[at] != 0 && !matches(slots[at] - 1)) at = (at + 1) & (slots.size() - 1);
  return at;
}

constexpr auto matches_none = [](std::uint32_t) { return false; };

}  // namespace

bool OmopConcepts::add(std::int64_t id, std::string_view vocabulary, std::string_view code, std::string_view name) {
  if (find(id) != nullptr) return false;
  if (2 * (entries_.size() + 1) > by_id_.size()) grow();

  const std::optional<std::uint16_t> number_of_system = system_number(vocabulary);
  Entry entry{id, text_.size(), 0, 0, number_of_system.value_or(0)};
  const std::string_view system = systems_[entry.system];
  const std::string canonical = number_of_system ? record::canonical_code(system, code) : std::string();
  const bool is_code = !canonical.empty() && canonical != omop_generated &&
                       canonical.size() <= std::numeric_limits<std::uint16_t>::max();
  if (is_code && !has_code({system, canonical, {}})) {
    entry.code_size = static_cast<std::uint16_t>(canonical.size());
    text_ += canonical;
  }
  entry.name_size = static_cast<std::uint32_t>(name.size());
  text_ += name;

  entries_.push_back(entry);
  const auto number = static_cast<std::uint32_t>(entries_.size());
  by_id_[slot_of(by_id_, hash_of(id), matches_none)] = number;
  if (entry.code_size != 0) by_code_[slot_of(by_code_, hash_of(code_of(entry)), matches_none)] = number;
  return true;
}

Code OmopConcepts::code(std::int64_t id, record::Arena& arena) const {
  const Entry* entry = find(id);
  if (entry != nullptr && entry->code_size != 0) return code_of(*entry);
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, id).ptr;
  Code code{"omop", arena.text({digits, static_cast<std::size_t>(end - digits)}), {}};
  if (entry != nullptr) code.display = code_of(*entry).display;
  return code;
}

const OmopConcepts::Entry* OmopConcepts::find(std::int64_t id) const {
  if (by_id_.empty()) return nullptr;
  const std::uint32_t number =
      by_id_[slot_of(by_id_, hash_of(id), [&](std::uint32_t i) { return entries_[i].id == id; })];
  return number == 0 ? nullptr : &entries_[number - 1];
}

Code OmopConcepts::code_of(const Entry& entry) const {
  const std::string_view text = text_;
  return {systems_[entry.system], text.substr(entry.text, entry.code_size),
          text.substr(entry.text + entry.code_size, entry.name_size)};
}

bool OmopConcepts::has_code(const Code& code) const {
  const auto matches = [&](std::uint32_t i) { return same(code_of(entries_[i]), code); };
  return by_code_[slot_of(by_code_, hash_of(code), matches)] != 0;
}

std::optional<std::uint16_t> OmopConcepts::system_number(std::string_view vocabulary) {
  if (const auto known = vocabularies_.find(std::string(vocabulary)); known != vocabularies_.end())
    return known->second;
  if (systems_.size() > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  const auto added = vocabularies_.emplace(vocabulary, static_cast<std::uint16_t>(systems_.size())).first;
  systems_.push_back(record::system_from_omop(added->first));
  return added->second;
}

void OmopConcepts::grow() {
  const std::size_t slots = std::max<std::size_t>(1024, 2 * by_id_.size());
  by_id_.assign(slots, 0);
  by_code_.assign(slots, 0);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    by_id_[slot_of(by_id_, hash_of(entries_[i].id), matches_none)] = i + 1;
    if (entries_[i].code_size != 0) by_code_[slot_of(by_code_, hash_of(code_of(entries_[i])), matches_none)] = i + 1;
  }
}

}  // namespace chartline::exchange
