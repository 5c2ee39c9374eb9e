#include "formats/synth/population.h"

#include <deque>
#include <future>

#include "base/thread_pool.h"
#include "formats/synth/print.h"
#include "formats/synth/records.h"

namespace chartline::synth {
namespace {

constexpr std::uint64_t people_of_a_piece = 256;

}  // namespace

// Pieces are made by all threads, a few ahead, and handed on in order.
Result<void> Population::write(const Range& range, const Out& out) const {
  TRY(out(header(range.form)));
  const auto pool = TRY(ThreadPool::start({.threads = range.threads}));
  const std::uint64_t past = range.first + range.people;
  const auto piece = [this, form = range.form](std::uint64_t from, std::uint64_t to) -> Result<std::string> {
    Maker maker(*this);
    std::string rows;
    for (std::uint64_t number = from; number < to; ++number) {
      const Person& person = maker.person(number);
      if (form == Form::people) print_person(person, rows);
      else print_facts(catalogue_, person, maker.facts(), form, rows);
    }
    return rows;
  };
  std::deque<std::future<Result<std::string>>> ahead;
  std::uint64_t next = range.first;
  while (next < past || !ahead.empty()) {
    for (; next < past && ahead.size() < 2 * std::size_t{pool->threads()};
         next += std::min(people_of_a_piece, past - next)) {
      const std::uint64_t to = next + std::min(people_of_a_piece, past - next);
      ahead.push_back(pool->submit([&piece, next, to] { return piece(next, to); }));
    }
    const Result<std::string> rows = ahead.front().get();
    ahead.pop_front();
    Result<void> written = rows ? out(*rows) : Result<void>(rows.error());
    if (written) continue;
    for (auto& rest : ahead) rest.wait();  // they look at what stands on this stack
    return written;
  }
  return {};
}

Result<void> Population::records(std::uint64_t first, std::uint64_t people, const Each& each) const {
  Maker maker(*this);
  Records records(catalogue_);
  for (std::uint64_t number = first; number < first + people; ++number) {
    const Person& person = maker.person(number);
    TRY(records.give(person, maker.facts(), each));
  }
  return {};
}

}  // namespace chartline::synth
