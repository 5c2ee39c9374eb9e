// A small store in memory, told line by line what a clinician would write down:
//
//   ann female 1950-03-01 2021-05-05                            who she is: sex, birth, death if any (`-`: not known)
//   ann 2020-01-01 condition icd10:E11.9                        PERSON TIME KIND CODE, `-` for no time or no code
//   ann 2020-01-01..2020-02-01 medication local:m               with an end; `A..` ongoing, `A..?` an end that is not known
//   ann 2020-01-01 observation loinc:4548-4 58 mmol/mol         VALUE [UNIT]
//   ann 2020-01-01 condition local:c status=refuted certainty=.. author=.. source=.. record=.. encounter=.. attr.NAME=..
//   link ann bob                                                they are one person
//   at 2024-01-01                                               what follows is recorded then
//   # what stands here is nothing
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "engine/storage/memory.h"
#include "engine/store.h"

namespace chartline::query {

class SmallStore {
 public:
  explicit SmallStore(std::uint32_t shards = 1);
  void tell(std::string_view lines);  // a failed expectation where a line cannot be understood
  engine::Store& store() { return *store_; }

 private:
  void tell_line(const std::string& line);
  void tell_person(const std::vector<std::string>& words);
  void tell_event(const std::vector<std::string>& words);
  void write(std::string_view person, record::Event event);

  std::shared_ptr<engine::MemoryDisk> disk_;
  FixedClock clock_;
  std::unique_ptr<engine::Store> store_;
  int lines_ = 0;
};

}  // namespace chartline::query
