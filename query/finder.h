// Finder: an executor at work. It looks for what some statements of a program say, in one range of patients after another;
// each thread of a pass has one. What it finds is the same whichever finder looks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/result.h"
#include "query/findings.h"

namespace chartline::query {

// Ids first .. past-1 of one shard.
struct PatientRange {
  std::uint32_t shard = 0, first = 0, past = 0;
};

// Asked often, so that whatever takes long ends soon: why to end, in words.
class Stop {
 public:
  virtual ~Stop() = default;
  virtual Result<void> check() = 0;
  // That so much is held which is going to be found.
  virtual Result<void> check_memory(std::size_t bytes) = 0;
};

// Takes what was found away, where it has become much: called between two patients, with what is of those before.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual Result<void> give(std::span<Findings> found) = 0;
};

class Finder {
 public:
  virtual ~Finder() = default;
  // `into` has one for each statement that the finder was made for. What was not given on the way is there at the end.
  virtual Result<void> find(const PatientRange& range, Stop& stop, Outlet& outlet, std::span<Findings> into) = 0;
};

struct Executors {
  std::uint32_t range_patients = 64;  // how many patients a finder wants at once
  std::uint32_t first_patients = 64;  // fewer, where somebody waits for the first row
  bool waited_for = false;            // somebody does: the first of these ranges is looked through before any other
  std::function<Result<std::unique_ptr<Finder>>()> make;
};

}  // namespace chartline::query
