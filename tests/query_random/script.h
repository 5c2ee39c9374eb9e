// Script: the whole history of a store, step by step. It prints as lines, reads back from them, and is played into a store in
// memory, whole or step by step, so that a difference found at random can be cut down and kept as text.
//
//   load p3 kind=observation code=local:c1 also=icd10:E11 start=2019-03 end=ongoing value=<5.7~mg/dL source=org0|sys ...
//   write p3 record=r7 version=1 kind=... / kind=... part=1
//   link p3 p4 · unlink p3 p4 · erase p3 · fold
//   terms 104 102                                  from now on snomed 104 is a child of 102 too
//   list heart snomed:<<101,icd10:E1*,local:c1     the code list `heart` is this from now on
//
// `load` steps stand first and are one bulk load.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/store.h"
#include "tests/query_random/world.h"

namespace chartline::query::random {

struct Step {
  enum class What : std::uint8_t { load, write, link, unlink, erase, fold, list, terms };
  What what = What::write;
  std::string person{}, other{};        // list: its name, and its codes
  std::vector<record::Event> events{};  // load, write: one record; text borrowed from the arena of the script
};

struct Script {
  std::shared_ptr<record::Arena> arena = std::make_shared<record::Arena>();
  std::vector<Step> steps;
};

// `people` persons with up to so many events each, told in random order: corrections, links, erasures and folds between them.
// Of many people most is told by bulk load.
Script random_script(std::uint64_t seed, int people, int events_most = 18);

std::string print(const Step& step);
std::string print(const Script& script);
std::optional<Script> parse_script(std::string_view lines, std::string& complaint);

// A store in memory, with the terminology of the small world, to which a script is told. One step takes one second of its clock.
class Replay {
 public:
  Replay(const Script& script, std::uint32_t shards);
  ~Replay();
  bool step();  // the next one; false: all done. The bulk load is one step.
  void play() {
    while (step()) {
    }
  }
  engine::Store& store();
  Micros now() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace chartline::query::random
