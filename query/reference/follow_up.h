// How long a person is observed after an index date, and whether the event came in that time: what incidence and survival
// count. Days are local dates. Day 0 is the index date; follow-up is days 1 .. n.
//
//   censored at the earliest of     until
//                                   death
//                                   the end of the registration that the index date lies in, others that begin by the day
//                                   after it joined on; registered people whose index lies in none are not followed at all
//   where none of these is known    at the last date of which anything is recorded
//
// What happens on the last day of follow-up has happened. An event without a time, or on day 0, does not count.
#pragma once

#include <optional>
#include <vector>

#include "query/findings.h"
#include "query/person.h"
#include "query/reference/evaluator.h"

namespace chartline::query {

class Observation {
 public:
  Observation(const Person& person, const std::vector<Item>& registrations);
  // The group is left to the caller.
  Findings::FollowUp follow(const record::Time& index, const std::optional<record::Time>& until,
                            const std::vector<Item>& events) const;

 private:
  std::optional<record::Day> end_of_registration(record::Day index) const;

  struct Registered {
    record::Day first = 0;
    std::optional<record::Day> last{};  // nullopt: goes on
  };
  std::vector<Registered> registered_{};  // by their first day
  std::optional<record::Day> death_{}, last_recorded_{};
};

}  // namespace chartline::query
