// Facts as records, the same that a reader makes of the rows of print.h.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "formats/record/event.h"
#include "formats/synth/fact.h"

namespace chartline::synth {

class Records {
 public:
  explicit Records(const Catalogue& catalogue) : catalogue_(catalogue) {}

  // One record for each fact, in order; borrowed for the call.
  Result<void> give(const Person& person, std::span<const Fact> facts,
                    const std::function<Result<void>(const record::Record&)>& each);

 private:
  void make(const Person& person, const Fact& fact);

  const Catalogue& catalogue_;
  std::string number_, record_, version_, encounter_;
  record::Event event_;
  std::vector<record::Attribute> attributes_;
};

}  // namespace chartline::synth
