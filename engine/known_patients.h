// Whom identifiers name, remembered by one thread of an import: a source says the same few again and again. Open addressing
// over hashes; the texts decide. Bounded: when full it forgets all and asks the identity again.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "engine/identity.h"

namespace chartline::engine {

class KnownPatients {
 public:
  explicit KnownPatients(Identity& identity) : identity_(identity), slots_(slots_min) {}
  KnownPatients(const KnownPatients&) = delete;
  KnownPatients& operator=(const KnownPatients&) = delete;

  // As Identity::resolve.
  Result<Identity::Resolved> resolve(std::span<const record::Identifier> identifiers);

 private:
  static constexpr std::size_t slots_min = 1024;
  struct Known {
    std::uint64_t hash;
    std::string system, value;
    Identity::Resolved resolved;
  };
  void place(const Known* known);
  void grow();
  void forget();

  Identity& identity_;
  std::deque<Known> known_;  // never moves
  std::vector<const Known*> slots_;
  const Known* last_ = nullptr;
};

}  // namespace chartline::engine
