#include "formats/stored/head.h"

#include <limits>
#include <optional>

#include "base/check.h"
#include "formats/stored/run.h"
#include "formats/stored/seal.h"

namespace chartline::stored {

namespace {

constexpr std::size_t run_bytes_min = 6;  // flags, four numbers of a byte or more, and a checksum or the run
constexpr std::uint64_t narrow_max = 0xffffffffu;

enum RunFlag : std::uint8_t {
  run_has_details = 1,
  run_in_seconds = 2,
  run_in_days = 4,  // unit of first and last; else micros
  run_has_record_ids = 8,
  run_in_head = 16
};
constexpr std::uint8_t run_flags_all = 31;

// The coarsest unit of which both instants are multiples.
std::uint8_t unit_flag(const RunRef& run) {
  const auto both = [&](Micros unit) { return run.first % unit == 0 && run.last % unit == 0; };
  return both(record::micros_per_day) ? run_in_days : both(record::micros_per_second) ? run_in_seconds : 0;
}
Micros unit_of(std::uint8_t flags) {
  return flags & run_in_days ? record::micros_per_day : flags & run_in_seconds ? record::micros_per_second : 1;
}

void write_hash(Writer& write, const Hash128& hash) { write.u64(hash.low), write.u64(hash.high); }
Hash128 read_hash(Reader& in) {
  const std::uint64_t low = in.u64(), high = in.u64();
  return {low, high};
}

// How a head begins that is brief: it leaves out what the one run that stands in it says itself. Events without a number there are none.
enum Brief : std::uint8_t { brief = 1, brief_as_recorded = 2 };

// Nothing where it is not brief.
std::optional<Brief> brief_form(const Head& head) {
  const bool lone = head.runs.size() == 1 && head.runs[0].in_head && head.history.empty() && head.past_events == 0 &&
                    head.past_content == Hash128{};
  if (!lone || head.last_number != head.events || head.runs[0].count != head.events) return std::nullopt;
  const RunGist gist = gist_of(sealed_content(head.hot));
  if (gist.rows != head.events) return std::nullopt;
  return gist.recorded == head.last_change ? brief_as_recorded : brief;
}

enum class Rows : bool { left_out, told };

// flags, first and last - first in the unit, run, count, checksum or the run itself, checksum of details, filter of record ids
void write_run(Writer& write, const RunRef& run, BytesView hot, Rows rows) {
  const std::uint8_t flags =
      static_cast<std::uint8_t>(unit_flag(run) | (run.details_checksum ? run_has_details : 0) |
                                (run.record_ids.empty() ? 0 : run_has_record_ids) | (run.in_head ? run_in_head : 0));
  const Micros unit = unit_of(flags);
  write.u8(flags);
  write.signed_varint(run.first / unit);
  write.varint(static_cast<std::uint64_t>(run.last / unit) - static_cast<std::uint64_t>(run.first / unit));
  write.varint(run.run);
  if (rows == Rows::told) write.varint(run.count);
  if (run.in_head) write.text(sealed_content(hot));
  else write.u64(run.hot_checksum);
  if (run.details_checksum) write.u64(run.details_checksum);
  if (!run.record_ids.empty()) write.text(run.record_ids);
}

void write_runs(Writer& write, const std::vector<RunRef>& runs, BytesView hot) {
  write.varint(runs.size());
  for (const RunRef& run : runs) write_run(write, run, hot, Rows::told);
}

// A time in units; fails where it is beyond what 64 bits of microseconds hold.
Micros read_time(Reader& in, std::int64_t units, Micros unit) {
  constexpr Micros least = std::numeric_limits<Micros>::min(), greatest = std::numeric_limits<Micros>::max();
  if (units < least / unit || units > greatest / unit) return in.fail(), 0;
  return units * unit;
}

// `hot`, where not null, takes the bytes of a run in the head.
bool read_run(Reader& in, RunRef& run, Bytes* hot, Rows told) {
  const std::uint8_t flags = in.u8();
  const Micros unit = unit_of(flags);
  const std::int64_t first = in.signed_varint();
  const auto last = static_cast<std::int64_t>(static_cast<std::uint64_t>(first) + in.varint());
  run.first = read_time(in, first, unit);
  run.last = read_time(in, last, unit);
  run.run = in.varint();
  std::uint64_t rows = told == Rows::told ? in.varint() : 0;
  run.in_head = flags & run_in_head;
  if (run.in_head ? !hot : told == Rows::left_out) return false;
  if (run.in_head) *hot = sealed_copy(in.text()), run.hot_checksum = hash64(*hot);
  else run.hot_checksum = in.u64();
  if (told == Rows::left_out) rows = gist_of(sealed_content(*hot)).rows;
  run.details_checksum = flags & run_has_details ? in.u64() : 0;
  if (flags & run_has_record_ids) run.record_ids = in.text();
  if (flags > run_flags_all || rows > narrow_max || run.last < run.first) return false;
  run.count = static_cast<std::uint32_t>(rows);
  return in.ok();
}

bool read_runs(Reader& in, std::vector<RunRef>& runs, Bytes* hot) {
  const std::uint64_t count = in.varint();
  if (count > in.left() / run_bytes_min) return false;
  runs.resize(count);
  for (RunRef& run : runs) {
    if (!read_run(in, run, count == 1 ? hot : nullptr, Rows::told)) return false;
  }
  return in.ok();
}

bool read_brief(Reader& in, std::uint64_t form, Head& head) {
  if (form > brief_as_recorded) return false;
  head.content = read_hash(in);
  if (form == brief) head.last_change = in.signed_varint();
  RunRef& run = head.runs.emplace_back();
  if (!read_run(in, run, &head.hot, Rows::left_out)) return false;
  head.last_number = head.events = run.count;
  if (form == brief) return true;
  const auto recorded = gist_of(sealed_content(head.hot)).recorded;
  head.last_change = recorded.value_or(0);
  return recorded.has_value();
}

}  // namespace

// version, last number, events, content, last change, runs; then, where there is history, its events, sum and runs; checksum
Bytes encode(const Head& head) {
  Bytes bytes;
  Writer write(bytes);
  write.u8(format_version);
  if (const auto form = brief_form(head)) {
    write.varint(0), write.varint(*form);
    write_hash(write, head.content);
    if (*form == brief) write.signed_varint(head.last_change);
    write_run(write, head.runs[0], head.hot, Rows::left_out);
    seal(bytes);
    return bytes;
  }
  check(head.last_number != 0 || head.events == 0, "who has events has numbers of them");
  write.varint(head.last_number);
  write.varint(head.events);
  write_hash(write, head.content);
  write.signed_varint(head.last_change);
  write_runs(write, head.runs, head.hot);
  if (head.past_events != 0 || !head.history.empty() || head.past_content != Hash128{}) {
    write.varint(head.past_events);
    write_hash(write, head.past_content);
    write_runs(write, head.history, head.hot);
  }
  seal(bytes);
  return bytes;
}

Result<Head> decode_head(BytesView bytes) {
  Reader in(TRY(unseal(bytes, "head")));
  Head head;
  const std::uint64_t last_number = in.varint(), events = in.varint();
  if (last_number == 0 && events != 0) {
    if (!read_brief(in, events, head) || !in.done()) return wrong_bytes("head");
    return head;
  }
  head.content = read_hash(in);
  head.last_change = in.signed_varint();
  bool read = read_runs(in, head.runs, &head.hot);
  std::uint64_t past_events = 0;
  if (read && in.left() > 0) {
    past_events = in.varint();
    head.past_content = read_hash(in);
    read = read_runs(in, head.history, nullptr);
  }
  if (!read || !in.done() || last_number > narrow_max || events > narrow_max || past_events > narrow_max)
    return wrong_bytes("head");
  head.last_number = static_cast<std::uint32_t>(last_number);
  head.events = static_cast<std::uint32_t>(events);
  head.past_events = static_cast<std::uint32_t>(past_events);
  return head;
}

}  // namespace chartline::stored
