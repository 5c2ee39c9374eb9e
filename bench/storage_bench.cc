// What one read and one synced write of the storage seam cost, below the engine: the floor under every figure above it.
//
//   storage_bench FOLDER [KEYS]      FOLDER is made, and removed at the end; 1,000,000 keys of 700 bytes unless told otherwise
//
// Prints one line for each measurement: name, operations, median and 99th percentile in microseconds, operations a second.
// Debian's RocksDB is built with assertions, without the processor's CRC32 and without io_uring.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/storage/backend.h"
#include "engine/storage/tables.h"

namespace chartline::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t value_bytes = 700;  // a timeline of about a hundred events, packed

template <typename T>
T expect(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "storage_bench: %s\n", result.error().message.c_str());
  std::exit(1);
}

void expect(Result<void> result) {
  if (result) return;
  std::fprintf(stderr, "storage_bench: %s\n", result.error().message.c_str());
  std::exit(1);
}

Bytes key_of(std::uint32_t patient) {
  Bytes key;
  Writer(key).u32be(patient);
  return key;
}

Bytes random_bytes(std::mt19937_64& random, std::size_t n) {
  Bytes bytes(n, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

void measure(const char* name, std::size_t operations, const std::function<void()>& one) {
  std::vector<double> micros(operations);
  const Clock::time_point start = Clock::now();
  for (double& each : micros) {
    const Clock::time_point before = Clock::now();
    one();
    each = std::chrono::duration<double, std::micro>(Clock::now() - before).count();
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::sort(micros.begin(), micros.end());
  std::printf("%-34s %9zu  p50 %9.2f us  p99 %9.2f us  %11.0f /s\n", name, operations, micros[operations / 2],
              micros[operations * 99 / 100], static_cast<double>(operations) / seconds);
  std::fflush(stdout);
}

void load(Tables& tables, std::uint32_t keys, std::mt19937_64& random) {
  std::vector<std::unique_ptr<SortedFile>> files;
  const Clock::time_point start = Clock::now();
  for (std::uint32_t patient = 0; patient < keys; ++patient) {
    if (patient % 100'000 == 0) files.push_back(expect(tables.sorted_file(Table::timeline)));
    expect(files.back()->put(key_of(patient), random_bytes(random, value_bytes)));
    if (patient % 100'000 == 99'999 || patient + 1 == keys) expect(files.back()->finish());
  }
  expect(tables.ingest(files));
  std::printf("%-34s %9u  keys in %.2f s\n", "sorted files written and taken in", keys,
              std::chrono::duration<double>(Clock::now() - start).count());
}

void measure_reads(Tables& tables, std::uint32_t keys, std::mt19937_64& random) {
  Pinned value;
  const auto get = [&] {
    expect(tables.get(Table::timeline, key_of(static_cast<std::uint32_t>(random() % keys)), nullptr, value));
  };
  for (std::uint32_t patient = 0; patient < keys; ++patient)
    expect(tables.get(Table::timeline, key_of(patient), nullptr, value));
  measure("get, in the block cache", 500'000, get);
  measure("get, absent", 200'000, [&] {
    expect(tables.get(Table::timeline, key_of(static_cast<std::uint32_t>(random() % keys)) + "x", nullptr, value));
  });
  std::vector<std::optional<Bytes>> values;
  measure("get_many, 100 sorted keys", 5'000, [&] {
    std::vector<Bytes> wanted(100);
    for (Bytes& key : wanted) key = key_of(static_cast<std::uint32_t>(random() % keys));
    std::sort(wanted.begin(), wanted.end());
    expect(tables.get_many(Table::timeline, wanted, nullptr, values));
  });
  value.reset();
}

void measure_writes(Tables& tables, std::size_t writes, std::mt19937_64& random) {
  std::uint32_t number = 0;
  const std::pair<const char*, std::size_t> groups[] = {
      {"synced group of 200 bytes", 200}, {"synced group of 4 KiB", 4 << 10}, {"synced group of 64 KiB", 64 << 10}};
  for (const auto& [name, bytes] : groups) {
    const Bytes record = random_bytes(random, bytes);
    measure(name, writes, [&, size = bytes] {
      Batch batch;
      batch.put(Table::changes, key_of(++number), record.substr(0, size));
      expect(tables.write(batch, true));
    });
  }
}

void run(const std::string& folder, std::uint32_t keys) {
  std::mt19937_64 random(20'240'301);
  const std::unique_ptr<Backend> backend = expect(local_backend(folder, true));
  const std::unique_ptr<Lease> lease = expect(backend->acquire(0, 0));
  const std::unique_ptr<Tables> tables = expect(backend->open(0, lease.get(), {.cache_bytes = 2ull << 30}));
  load(*tables, keys, random);
  measure_reads(*tables, keys, random);
  const std::size_t writes = std::min<std::size_t>(keys, 2'000);
  measure_writes(*tables, writes, random);
  measure("note of 64 bytes", writes, [&] { expect(backend->write_note(0, "position", Bytes(64, 'n'))); });
}

}  // namespace
}  // namespace chartline::engine

int main(int argc, char** argv) {
  const unsigned long keys = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1'000'000;
  if (argc < 2 || argc > 3 || keys == 0 || keys > 100'000'000) {
    std::fprintf(stderr, "usage: storage_bench FOLDER [KEYS]\n");
    return 2;
  }
  chartline::engine::run(argv[1], static_cast<std::uint32_t>(keys));
  std::error_code failed;
  std::filesystem::remove_all(argv[1], failed);
  return failed ? 1 : 0;
}
