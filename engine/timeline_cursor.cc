#include "engine/timeline_cursor.h"

#include <optional>

#include "base/hash.h"
#include "engine/trust/grant.h"

namespace chartline::engine {
namespace {

constexpr std::uint8_t cursor_version = 1;
constexpr std::size_t body_bytes = 1 + 8 + 8 + 8 + 4;
constexpr std::size_t cursor_bytes = body_bytes + 4;

std::uint32_t checksum(BytesView body) { return static_cast<std::uint32_t>(hash64(body)); }

std::optional<std::uint8_t> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

std::optional<Bytes> unhex(std::string_view text) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const auto high = digit(text[i]), low = digit(text[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes.push_back(static_cast<char>(*high << 4 | *low));
  }
  return bytes;
}

void write_day(Writer& out, std::optional<Day> day) {
  out.u8(day.has_value());
  out.u32(static_cast<std::uint32_t>(day.value_or(0)));
}

}  // namespace

std::string print(const Cursor& cursor) {
  Bytes bytes;
  bytes.reserve(cursor_bytes);
  Writer out(bytes);
  out.u8(cursor_version);
  out.u64(cursor.moment);
  out.u64(cursor.question);
  out.u64(static_cast<std::uint64_t>(cursor.instant));
  out.u32(cursor.seen);
  out.u32(checksum(bytes));
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * cursor_bytes);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(digits[byte >> 4]), text.push_back(digits[byte & 15]);
  }
  return text;
}

Result<Cursor> parse_cursor(std::string_view text) {
  const Error garbage = invalid_request(
      "the cursor is not one that a read gave: take it from the answer before, or leave it empty to start over");
  if (text.size() != 2 * cursor_bytes) return garbage;
  const std::optional<Bytes> bytes = unhex(text);
  if (!bytes) return garbage;
  Reader in(*bytes);
  const std::uint8_t version = in.u8();
  Cursor cursor;
  cursor.moment = in.u64();
  cursor.question = in.u64();
  cursor.instant = static_cast<Micros>(in.u64());
  cursor.seen = in.u32();
  if (in.u32() != checksum(BytesView(*bytes).substr(0, body_bytes)) || version != cursor_version) return garbage;
  return cursor;
}

std::uint64_t moment_hash(const ViewParts& moment) {
  Bytes bytes;
  bytes.reserve(64);
  Writer out(bytes);
  out.u64(static_cast<std::uint64_t>(moment.as_of));
  out.u64(static_cast<std::uint64_t>(moment.links_as_of));
  for (const ShardMoment& shard : moment.shards) out.u64(shard.commit);
  if (moment.grant) out.u64(moment.grant->mark);
  return hash64(bytes);
}

std::uint64_t question_hash(std::span<const PatientRef> person, const TimelineFilter& filter) {
  Bytes bytes;
  bytes.reserve(128);
  Writer out(bytes);
  out.varint(person.size());
  for (const PatientRef& patient : person) out.u32(patient.shard), out.u32(patient.id);
  write_day(out, filter.from);
  write_day(out, filter.to);
  out.u32(filter.kinds);
  out.varint(filter.codes.size());
  for (const record::Code& code : filter.codes) out.text(code.system), out.text(code.code);
  out.varint(filter.sources.size());
  for (const record::Source& source : filter.sources) out.text(source.organisation), out.text(source.system);
  out.u8(filter.include_hidden);
  out.u8(filter.backwards);
  return hash64(bytes);
}

}  // namespace chartline::engine
