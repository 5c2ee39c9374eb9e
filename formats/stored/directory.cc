// What stands beside postings: removals from older runs, and the directory that names every run of a code.
#include <algorithm>

#include "base/check.h"
#include "formats/stored/postings.h"
#include "formats/stored/seal.h"

namespace chartline::stored {

// version, count, column of patients, column of numbers
PostingBytes encode_removals(std::span<const Removal> removals) {
  check(removals.size() <= postings_limit, "a run has no more removals than its format allows");
  check(std::is_sorted(removals.begin(), removals.end()), "removals are in order");
  std::vector<std::uint32_t> patients(removals.size()), numbers(removals.size());
  std::transform(removals.begin(), removals.end(), patients.begin(), [](const Removal& r) { return r.patient; });
  std::transform(removals.begin(), removals.end(), numbers.begin(), [](const Removal& r) { return r.number; });
  PostingBytes run;
  Writer write(run.bytes);
  write.u8(format_version);
  write.varint(removals.size());
  pack(patients, run.bytes);
  pack(numbers, run.bytes);
  run.checksum = seal(run.bytes);
  return run;
}

Result<std::vector<Removal>> decode_removals(BytesView bytes, std::optional<std::uint64_t> checksum) {
  Reader in(TRY(unseal(bytes, "removals", checksum)));
  const std::uint64_t count = in.varint();
  std::vector<std::uint32_t> patient_room, number_room;
  Column<std::uint32_t> patients, numbers;
  if (count > postings_limit || !unpack(in, count, patient_room, patients) ||
      !unpack(in, count, number_room, numbers) || !in.done()) {
    return wrong_bytes("removals");
  }
  std::vector<Removal> removals(count);
  for (std::size_t i = 0; i < count; ++i) removals[i] = {patients[i], numbers[i]};
  if (!std::is_sorted(removals.begin(), removals.end())) return wrong_bytes("removals");
  return removals;
}

namespace {

constexpr std::size_t run_bytes_min = 13;  // five numbers of a byte or more, and the checksum
constexpr std::uint64_t narrow_max = 0xffffffffu;

bool in_order(std::span<const PostingRun> runs) {
  return std::is_sorted(runs.begin(), runs.end(), [](const PostingRun& a, const PostingRun& b) {
    return a.first_block != b.first_block ? a.first_block < b.first_block : a.run < b.run;
  });
}

}  // namespace

// version, events, patients, number of runs, then for each: first block less that of the one before, blocks after it,
// run, count x 2 + 1 for removals, bytes, checksum
Bytes encode(const Directory& directory) {
  check(in_order(directory.runs), "the runs of a directory are in order");
  Bytes bytes;
  Writer write(bytes);
  write.u8(format_version);
  write.varint(directory.events);
  write.varint(directory.patients);
  write.varint(directory.runs.size());
  std::uint32_t before = 0;
  for (const PostingRun& run : directory.runs) {
    check(run.last_block >= run.first_block, "a run of postings ends where it begins or later");
    write.varint(run.first_block - before);
    write.varint(run.last_block - run.first_block);
    write.varint(run.run);
    write.varint(std::uint64_t{run.count} << 1 | run.removals);
    write.varint(run.bytes);
    write.u64(run.checksum);
    before = run.first_block;
  }
  seal(bytes);
  return bytes;
}

Result<Directory> decode_directory(BytesView bytes) {
  Reader in(TRY(unseal(bytes, "directory")));
  Directory directory;
  directory.events = in.varint();
  directory.patients = in.varint();
  const std::uint64_t count = in.varint();
  if (count > in.left() / run_bytes_min) return wrong_bytes("directory");
  directory.runs.resize(count);
  std::uint64_t before = 0;
  for (PostingRun& run : directory.runs) {
    const std::uint64_t first = in.varint(), further = in.varint();
    run.run = in.varint();
    const std::uint64_t counted = in.varint(), size = in.varint();
    run.checksum = in.u64();
    if (first > narrow_max || further > narrow_max || before + first + further > narrow_max ||
        counted >> 1 > narrow_max || size > narrow_max) {
      return wrong_bytes("directory");
    }
    before += first;
    run.first_block = static_cast<std::uint32_t>(before);
    run.last_block = static_cast<std::uint32_t>(before + further);
    run.count = static_cast<std::uint32_t>(counted >> 1);
    run.removals = counted & 1;
    run.bytes = static_cast<std::uint32_t>(size);
  }
  if (!in.done() || !in_order(directory.runs)) return wrong_bytes("directory");
  return directory;
}

}  // namespace chartline::stored
