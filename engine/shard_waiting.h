// A writer in the commit queue. Lives on the writer's stack until the group that holds it is durable, or has failed: once
// it is told that it is done, it may be gone at any moment.
#pragma once

#include <memory>
#include <optional>

#include "base/signal.h"
#include "engine/shard.h"

namespace chartline::engine {

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
  std::shared_ptr<Signal> signal = std::make_shared<Signal>();  // shared with who tells
};

}  // namespace chartline::engine
