// Which events a question is about unless it says otherwise: facts that are asserted, and not told by the patient or a
// carer. The store's postings carry the same as flags (posting_hidden, posting_not_asserted, posting_contributed); a test
// holds the two against each other.
#pragma once

#include "formats/record/event.h"

namespace chartline::query {

inline bool is_entered_in_error(const record::Event& event) { return event.status == record::Status::entered_in_error; }

// Not entered in error, refuted, planned, proposed or not done: `any status` lifts that.
inline bool is_asserted(const record::Event& event) {
  using record::Status;
  const bool not_yet =
      event.status == Status::planned || event.status == Status::proposed || event.status == Status::not_done;
  return !is_entered_in_error(event) && !not_yet && event.certainty != record::Certainty::refuted;
}

// `including contributions` keeps these too.
inline bool is_contribution(const record::Event& event) {
  return event.author == record::Author::patient || event.author == record::Author::carer;
}

}  // namespace chartline::query
