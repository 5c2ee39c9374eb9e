// A backend in front of another, for tests: it goes wrong where it is told to, and otherwise passes everything on.
// A write that fails closes the tables to writes, as with a real disk.
//
//   auto faults = std::make_shared<Faults>(seed);
//   auto backend = faulty_backend(memory_backend(disk), faults);
//   faults->add({.operation = Operation::write, .nth = 3});                        // the third write from now fails, not done
//   faults->add({.operation = Operation::get, .table = Table::timeline, .probability = 0.1, .effect = Effect::flip});
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <vector>

#include "engine/storage/backend.h"
#include "engine/storage/tables.h"

namespace chartline::engine {

enum class Operation : std::uint8_t {
  get,
  get_many,
  scan,
  write,
  sync,
  ingest,
  flush,
  compact,
  checkpoint,
  verify,
  catalogue_get,
  catalogue_set,
  acquire,
  open,
  restore,
  write_note,
  read_note,
};

enum class Effect : std::uint8_t {
  fail,        // unavailable; nothing is done
  fail_after,  // done, and then unavailable: the caller cannot know
  flip,        // a bit of each value that is read is wrong
  shorten,     // each value that is read lacks its second half
  delay,       // done late
  no_memory,   // std::bad_alloc leaves a write; nothing is done
};

struct FaultRule {
  Operation operation = Operation::write;     // sync: a write with sync, counted besides write
  std::optional<Table> table = std::nullopt;  // of a read: only this table
  std::uint64_t nth = 1;                      // passes over so many operations less one first
  bool lasting = false;                       // strikes again after the first time
  double probability = 1;                     // that it strikes when its turn comes
  Effect effect = Effect::fail;
  std::chrono::milliseconds late{1};
};

class Faults {
 public:
  explicit Faults(std::uint64_t seed = 0) : random_(seed) {}
  void add(FaultRule rule);
  void clear();
  std::uint64_t struck() const;  // how often a rule did

  // For the decorator: the rule that strikes now, if any.
  std::optional<FaultRule> strike(Operation operation, std::optional<Table> table = std::nullopt);

 private:
  mutable std::mutex mutex_;
  std::vector<FaultRule> rules_;
  std::mt19937_64 random_;
  std::uint64_t struck_ = 0;
};

// `faults` may be changed while the backend is in use. Leases pass through unwrapped.
std::unique_ptr<Backend> faulty_backend(std::unique_ptr<Backend> behind, std::shared_ptr<Faults> faults);

}  // namespace chartline::engine
