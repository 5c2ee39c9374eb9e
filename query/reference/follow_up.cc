#include "query/reference/follow_up.h"

#include <algorithm>

namespace chartline::query {

using record::Day;

namespace {

// An end that is not known may be any day: nobody is censored by it.
std::optional<Day> last_day(const Item& registration) {
  const record::End& end = registration.end;
  if (end.form == record::End::Form::point) return registration.start.day();
  return end.form == record::End::Form::at && end.at.known() ? std::optional(end.at.day()) : std::nullopt;
}

}  // namespace

Observation::Observation(const Person& person, const std::vector<Item>& registrations) {
  for (const Item& one : registrations) {
    if (!one.start.known()) continue;
    registered_.push_back({.first = one.start.day(), .last = last_day(one)});
  }
  std::ranges::stable_sort(registered_, {}, &Registered::first);
  if (person.death.known()) death_ = person.death.day();
  for (const record::Event& event : person.events) {
    const bool hidden = event.status == record::Status::entered_in_error || event.kind == record::Kind::patient;
    if (!hidden && event.start.known())
      last_recorded_ = std::max(last_recorded_.value_or(event.start.day()), event.start.day());
  }
}

std::optional<Day> Observation::end_of_registration(Day index) const {
  if (registered_.empty()) return std::nullopt;
  Day end = index - 1;  // registered up to here, as far as is known
  for (const Registered& one : registered_) {
    // The index date must lie in one; from there on one may follow the other.
    const bool joins = one.first <= index || (end >= index && one.first <= end + 1);
    if (!joins) continue;
    if (!one.last) return std::nullopt;
    end = std::max(end, *one.last);
  }
  return end;
}

Findings::FollowUp Observation::follow(const record::Time& index, const std::optional<record::Time>& until,
                                       const std::vector<Item>& events) const {
  const Day first = index.day();
  std::optional<Day> last;
  const auto censor = [&last](std::optional<Day> day) {
    if (day) last = std::min(last.value_or(*day), *day);
  };
  if (until && until->known()) censor(until->day());
  censor(death_);
  censor(end_of_registration(first));
  if (!last) censor(last_recorded_);

  Findings::FollowUp one;
  one.days = std::max(0, last.value_or(first) - first);
  for (const Item& event : events) {
    const Day day = event.start.known() ? event.start.day() : first;
    if (day <= first || day - first > one.days) continue;
    one.days = day - first;
    one.happened = true;
  }
  return one;
}

}  // namespace chartline::query
