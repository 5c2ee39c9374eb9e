// Imports many times larger than the memory they are given: rows spill to sorted files, and nothing of it shows in the
// store. Then everything is read, and asked about by both executors, within the bounds of the caches. Each in a process of its
// own, whose peak is its alone.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <random>

#include "engine/maintenance.h"
#include "tests/integration/child.h"
#include "tests/integration/importing.h"
#include "tests/integration/scratch_store.h"
#include "tests/integration/small_bounds.h"
#include "tests/lane.h"

namespace chartline::integration {
namespace {

constexpr std::uint64_t seed = 20'261'123;
constexpr std::uint64_t sorter_bytes = 8u << 20;
constexpr std::uint64_t row_bytes = 68;  // of a plain row in the sorter
constexpr std::uint64_t rows_a_patient = 100;
// What an import may take: a quarter more than the bounds that it was given, the program itself, and who the patients are,
// which like every dictionary is held in memory.
constexpr std::uint64_t program_bytes_max = 24ull << 20;
constexpr std::uint64_t bytes_a_patient_max = 250;
// A question holds its results, and the columns of one block of patients at a time, however many blocks there are.
constexpr std::uint64_t block_bytes_max = stored::block_patients * rows_a_patient * 100;

std::uint64_t peak_bytes_max(std::uint64_t rows, std::uint64_t sorting) {
  const engine::StoreOptions bounds = small_bounds();
  const std::uint64_t given = sorting + bounds.block_cache_bytes + bounds.decoded_cache_bytes + bounds.write_buffer_bytes;
  return given + given / 4 + program_bytes_max + rows / rows_a_patient * bytes_a_patient_max;
}

// Rows of random patients, times, codes and values, in no order.
std::string write_rows(const exchange::ScratchFolder& scratch, std::uint64_t rows) {
  const std::string path = scratch.path() + "/rows.csv";
  std::ofstream out(path, std::ios::binary);
  std::mt19937_64 random(seed);
  out << "patient,time,code,value\n";
  for (std::uint64_t i = 0; i < rows; ++i) {
    std::array<char, 96> line;
    const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
    const unsigned patient = below(static_cast<unsigned>(rows / rows_a_patient)), year = below(20),
                   month = 1 + below(12), day = 1 + below(28);
    const unsigned hour = below(24), minute = below(60), code = below(500), whole = below(200), tenth = below(10);
    const int length = std::snprintf(line.data(), line.size(), "p%u,20%02u-%02u-%02uT%02u:%02u:00Z,c%u,%u.%u\n",
                                     patient, year, month, day, hour, minute, code, whole, tenth);
    out.write(line.data(), length);
  }
  return path;
}

void import_within_bounds(std::uint64_t rows) {
  const Lane lane("memory", seed);
  ASSERT_GE(rows * row_bytes, 10 * sorter_bytes);
  const exchange::ScratchFolder scratch;
  const std::string path = write_rows(scratch, rows);
  const ChildOutcome spilled = run_child({"import", scratch.path() + "/spilled", path, std::to_string(sorter_bytes)});
  testing::Test::RecordProperty("peak_mib", static_cast<int>(spilled.peak_bytes >> 20));
  EXPECT_LE(spilled.peak_bytes, peak_bytes_max(rows, sorter_bytes));

  const ChildOutcome read = run_child({"read", scratch.path() + "/spilled"});
  testing::Test::RecordProperty("read_peak_mib", static_cast<int>(read.peak_bytes >> 20));
  EXPECT_LE(read.peak_bytes, peak_bytes_max(rows, 0));
  EXPECT_EQ(read.hash, std::to_string(rows) + "+" + std::to_string(rows));

  const ChildOutcome asked = run_child({"ask", scratch.path() + "/spilled"});
  EXPECT_LE(asked.peak_bytes, peak_bytes_max(rows, question_bytes_max + block_bytes_max));

  ScratchStore whole(Where::folder);
  import_into(*whole, exchange::Format::events, {path});
  EXPECT_EQ(whole->stats().events, rows);
  EXPECT_EQ(spilled.hash, hex(must(engine::content_hash(*whole, false))));
  lane.tell(std::to_string(rows) + " rows within " + std::to_string(peak_bytes_max(rows, sorter_bytes) >> 20) +
            " MiB: imported with a peak of " + std::to_string(spilled.peak_bytes >> 20) + " MiB, read with " +
            std::to_string(read.peak_bytes >> 20) + ", asked about with " + std::to_string(asked.peak_bytes >> 20));
}

TEST(LaneMemory, SmallImportStaysWithinItsBounds) { import_within_bounds(1'300'000); }
TEST(Soak, LargeImportStaysWithinItsBounds) { import_within_bounds(13'000'000); }

}  // namespace
}  // namespace chartline::integration
