#include "formats/exchange/row_ids.h"

#include <charconv>

namespace chartline::exchange {
namespace {

constexpr std::uint64_t page_ids = 1 << 12;                   // 512 bytes of bits
constexpr std::uint64_t small_past = std::uint64_t{1} << 31;  // ids given one after another stay below

}  // namespace

std::uint32_t RowIds::seen(std::string_view id) {
  if (is_new(id)) return 1;
  const auto [place, is_second] = repeated_.try_emplace(std::string(id), 1);
  return ++place->second;
}

bool RowIds::is_new(std::string_view id) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  const bool is_number = error == std::errc{} && end == id.data() + id.size();
  // A number with leading zeros is another id than the number.
  const bool is_plain =
      is_number && (id.front() == '-' ? id.size() > 1 && id[1] != '0' : id.front() != '0' || id.size() == 1);
  if (!is_plain) return words_.emplace(id).second;
  const auto bits = static_cast<std::uint64_t>(number);
  if (bits >= small_past) return numbers_.insert(bits).second;
  auto& page = pages_[bits / page_ids];
  if (!page) page = std::make_unique<std::uint64_t[]>(page_ids / 64);
  std::uint64_t& word = page[bits % page_ids / 64];
  const std::uint64_t bit = std::uint64_t{1} << bits % 64;
  const bool is_first = (word & bit) == 0;
  word |= bit;
  return is_first;
}

}  // namespace chartline::exchange
