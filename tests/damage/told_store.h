// A small store that holds something of everything that a store can hold, part of it folded and part still in the log, and
// the answers that it gives to every question here.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "engine/store.h"

namespace chartline::engine {

inline constexpr Micros told_from = 1'700'000'000'000'000;

// Describes a store whose secret comes from the seed, so that the same seed always gives the same keys.
void describe_store(Backend& backend, std::uint32_t shards, std::uint64_t seed);

// Events of all forms, corrections, links, originals, names, batches, terminology, code lists and audit entries. `folded`
// false leaves what comes last to the log.
void tell_everything(Store& store, FixedClock& clock, std::uint64_t seed, bool folded);

// By question: the answer in words, or what failed. Every timeline, history and original, now and before; the postings of
// every code; what is stored under names; the feed; the audit log; questions about cohorts to both executors.
struct Answer {
  std::string words;
  bool failed = false;
  Fault fault{};  // where it failed
};
using Answers = std::map<std::string, Answer>;
Answers answers_of(Store& store);

// The questions that are answered otherwise, without an error: "" for none. `which` begins those that are looked at.
std::string silently_wrong(const Answers& before, const Answers& after, std::string_view which = "");
// The first answer that failed, "" for none.
std::string first_failure(const Answers& answers);

}  // namespace chartline::engine
