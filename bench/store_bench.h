// The measurements of the store itself, one function each; store_bench.cc names them on the command line.
#pragma once

#include <cstdint>
#include <string>

namespace chartline::bench {

// A CSV into a new store by `chartline init` and `chartline import`, all indexes included: the time of both processes from
// start to end, processor time, peak memory. `memory` bounds the sorting, and again the caches: "64M"; "" as the program has it.
void load(const std::string& csv, const std::string& folder, const std::string& program, const std::string& memory);

// Bytes of each table after compaction, in all and for each event; and what every store must agree on.
void sizes(const std::string& folder, std::uint64_t patients);

// Whole timelines of `reads` random patients: everything cached, a tenth of the timelines, and as much as a tenth of `peer_bytes`.
void timelines(const std::string& folder, std::uint64_t patients, std::uint64_t reads, std::uint64_t peer_bytes);

// Writers that each commit one event at a time for so long, into a store that is known as `name` in the figures; an empty
// one where there is none.
void commits(const std::string& folder, const std::string& name, std::uint64_t patients, unsigned writers,
             double seconds);

// A log of so many events folded into a fresh store, `each` to a patient.
void fold(const std::string& folder, std::uint64_t events, std::uint64_t each);

// Opening a store with so many events in its log.
void start_up(const std::string& folder, std::uint64_t events);

// Every timeline and every posting read with bounds of a tenth of the store.
void bounded_reads(const std::string& folder);

}  // namespace chartline::bench
