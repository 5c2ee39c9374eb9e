// A writer in the commit queue, until the group that holds it is durable, or has failed. Either a thread sleeps for it, on whose stack
// it is, or it is called: once it is told that it is done, or called, it may be gone at any moment.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/signal.h"
#include "engine/shard.h"

namespace chartline::engine {

// Those who are written together. The first of them leads when it is told to, or the shard's own thread in the place of one who is
// called; the others are told when all is done.
struct Shard::Group {
  void join(Waiting& one);
  Signal* leader() const;  // null: the shard's own thread

  std::vector<Waiting*> members;
  std::deque<Signal> signals;  // of each who sleeps; here, because who tells may be later than who was told is gone
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
  Signal* signal = nullptr;  // its own, of the group; null where it is called
  // By whoever leads, who does nothing else meanwhile: it waits for nothing, and throws nothing.
  std::function<void()> called;
};

inline void Shard::Group::join(Waiting& one) {
  members.push_back(&one);
  if (one.called) return;
  try {
    one.signal = &signals.emplace_back();
  } catch (...) {
    members.pop_back();
    throw;
  }
}

inline Signal* Shard::Group::leader() const { return members.front()->signal; }

}  // namespace chartline::engine
