// A population of synthetic people, of any size, in constant memory: person k is made from the seed and k alone, so that
// people can be made in any order by any number of threads, and a small population is the beginning of a larger one.
//
//   Population population({.seed = 1});
//   population.write({.people = 1'000, .form = Form::full}, [&](std::string_view rows) { return out.write(rows); });
//
// The same seed gives the same bytes on every machine. docs/synth.md says what is modelled, and how it compares with what
// was published.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.h"
#include "formats/record/event.h"
#include "formats/synth/care.h"

namespace chartline::synth {

enum class Form : std::uint8_t {
  full,    // every event with every field, versions and withdrawn ones too: what `import --format events` reads
  narrow,  // patient,time,code,value: current events that have a code and are known to the day at least, one of each
           // person, time and code
  people,  // who they are, in the columns of `full` that say so
};

struct PopulationOptions {
  std::uint64_t seed = 1;
  std::uint32_t density_percent = 100;  // of visits, monitoring and admissions; 100: 100 events a person, about
};

class Population {
 public:
  explicit Population(const PopulationOptions& options) : options_(options), people_(catalogue_, options.seed) {}
  Population(const Population&) = delete;  // its people look into its catalogue
  Population& operator=(const Population&) = delete;

  const Catalogue& catalogue() const { return catalogue_; }

  // Makes people one after the other, in memory used again; one for each thread.
  class Maker {
   public:
    explicit Maker(const Population& of) : of_(of), care_(of.catalogue_, of.options_.density_percent) {}
    // Both valid until the next call.
    const Person& person(std::uint64_t number) { return of_.people_.make(number, person_), person_; }
    std::span<const Fact> facts() { return care_.of(person_); }

   private:
    const Population& of_;
    Person person_;
    Care care_;
  };

  struct Range {
    std::uint64_t first = 1;
    std::uint64_t people = 0;
    Form form = Form::full;
    unsigned threads = 1;
  };
  // CSV, with its header, in order of people and time. Rows come in large pieces, from the calling thread; an error of `out`
  // ends it and comes back.
  using Out = std::function<Result<void>(std::string_view rows)>;
  Result<void> write(const Range& range, const Out& out) const;

  // The same people as records, as reading the full form would give them: for who loads them without text between. `each`
  // is called from one thread; what it is given is borrowed for the call.
  using Each = std::function<Result<void>(const record::Record& record)>;
  Result<void> records(std::uint64_t first, std::uint64_t people, const Each& each) const;

 private:
  const PopulationOptions options_;
  const Catalogue catalogue_;
  const People people_;
};

}  // namespace chartline::synth
