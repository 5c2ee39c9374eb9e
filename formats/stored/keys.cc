#include "formats/stored/keys.h"

namespace chartline::stored {

namespace {

constexpr std::uint64_t sign = std::uint64_t{1} << 63;
constexpr std::size_t head_key_bytes = 4, run_key_bytes = 20;
constexpr std::size_t directory_key_bytes = 4, postings_key_bytes = 16;

}  // namespace

Bytes head_key(PatientId patient) {
  Bytes key;
  Writer(key).u32be(patient);
  return key;
}

Bytes run_key(PatientId patient, Micros first, std::uint64_t run) {
  Bytes key;
  Writer write(key);
  write.u32be(patient);
  write.u64be(static_cast<std::uint64_t>(first) ^ sign);
  write.u64be(run);
  return key;
}

Bytes details_key(PatientId patient, std::uint64_t run) {
  Bytes key;
  Writer write(key);
  write.u32be(patient);
  write.u64be(run);
  return key;
}

Bytes history_key(PatientId patient, std::uint64_t run, bool details) {
  Bytes key = details_key(patient, run);
  Writer(key).u8(details ? 1 : 0);
  return key;
}

Bytes directory_key(Name code) {
  Bytes key;
  Writer(key).u32be(code);
  return key;
}

Bytes postings_key(Name code, std::uint64_t run, std::uint32_t first_block) {
  Bytes key;
  Writer write(key);
  write.u32be(code);
  write.u64be(run);
  write.u32be(first_block);
  return key;
}

Bytes original_key(PatientId patient, std::uint32_t number) {
  Bytes key;
  Writer write(key);
  write.u32be(patient);
  write.u32be(number);
  return key;
}

Bytes change_key(std::uint64_t commit) {
  Bytes key;
  Writer(key).u64be(commit);
  return key;
}

std::optional<TimelineKey> parse_timeline_key(BytesView key) {
  Reader in(key);
  if (key.size() == head_key_bytes) return TimelineKey{in.u32be(), true, 0, 0};
  if (key.size() != run_key_bytes) return std::nullopt;
  const PatientId patient = in.u32be();
  const auto first = static_cast<Micros>(in.u64be() ^ sign);
  return TimelineKey{patient, false, first, in.u64be()};
}

std::optional<PostingsKey> parse_postings_key(BytesView key) {
  Reader in(key);
  if (key.size() == directory_key_bytes) return PostingsKey{in.u32be(), true, 0, 0};
  if (key.size() != postings_key_bytes) return std::nullopt;
  const Name code = in.u32be();
  const std::uint64_t run = in.u64be();
  return PostingsKey{code, false, run, in.u32be()};
}

}  // namespace chartline::stored
