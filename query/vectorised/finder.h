// The vectorised executor: block by block of patients, from postings as columns. What these leave undecided is asked of
// the reference, patient by patient, so that both always give the same.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/view.h"
#include "query/finder.h"
#include "query/vectorised/actuals.h"
#include "query/vectorised/plan.h"

namespace chartline::query {

// Who works, and what each of them may hold of postings that were decoded, as far as one block of patients allows.
struct Workers {
  unsigned threads = 1;
  std::uint64_t held_bytes_max = 192u << 20;
};
// As many as that, within a limit of memory of all of them together (0: none).
Workers workers_within(unsigned threads, std::uint64_t memory_bytes_max);

// For planned statements of a program, over a View whose present has postings.
Result<Executors> vectorised_executors(const engine::View& view, const Program& program,
                                       std::shared_ptr<const vectorised::Plans> plans, const Workers& workers,
                                       std::shared_ptr<vectorised::Actuals> actuals = nullptr);

}  // namespace chartline::query
