#include "formats/stored/id_filter.h"

#include <cstdint>

namespace chartline::stored {
namespace {

constexpr std::size_t bits_a_record = 10;
constexpr unsigned probes = 6;

// Calls `each` with the place of every bit of a record.
template <typename Each>
void for_each_bit(const Hash128& record, std::size_t bits, const Each& each) {
  std::uint64_t at = record.low;
  for (unsigned probe = 0; probe < probes; ++probe, at += record.high | 1) each(static_cast<std::size_t>(at % bits));
}

}  // namespace

Bytes make_id_filter(std::span<const Hash128> records) {
  Bytes filter((records.size() * bits_a_record + 7) / 8, '\0');
  for (const Hash128& record : records)
    for_each_bit(record, filter.size() * 8, [&](std::size_t bit) {
      filter[bit / 8] = static_cast<char>(static_cast<unsigned char>(filter[bit / 8]) | 1u << bit % 8);
    });
  return filter;
}

bool may_hold(BytesView filter, const Hash128& record) {
  bool all = !filter.empty();
  if (all)
    for_each_bit(record, filter.size() * 8, [&](std::size_t bit) {
      all = all && (static_cast<unsigned char>(filter[bit / 8]) >> bit % 8 & 1) != 0;
    });
  return all;
}

}  // namespace chartline::stored
