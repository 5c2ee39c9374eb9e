// A writer in the commit queue. Lives on the writer's stack until the group that holds it is durable, or has failed: once
// it is told that it is done, it may be gone at any moment.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/signal.h"
#include "engine/shard.h"

namespace chartline::engine {

// Those who are written together. The first of them leads when it is told to; the others are told when all is done.
struct Shard::Group {
  Signal& join(Waiting& one) {
    Signal& signal = signals.emplace_back();
    try {
      members.push_back(&one);
    } catch (...) {
      signals.pop_back();
      throw;
    }
    return signal;
  }

  std::vector<Waiting*> members;
  std::deque<Signal> signals;  // of each; here, because who tells may be later than who was told is gone
  std::size_t encoded_bytes = 0;
};

struct Shard::Waiting {
  explicit Waiting(CommitRequest& of) : request(&of) {
    for (const Bytes& change : of.changes) encoded_bytes += change.size();
    for (const SealedEntry& entry : of.audit) encoded_bytes += entry.content.size();
  }
  CommitRequest* request;
  std::size_t encoded_bytes = 0;
  std::uint64_t commit = 0;
  std::optional<Error> error;
  enum Told : int { done = 1, lead = 2 };
  std::shared_ptr<Group> group;
  Signal* signal = nullptr;  // its own, of the group
};

}  // namespace chartline::engine
