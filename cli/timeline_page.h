// A timeline as a page for a person: who it is, then line by line what happened, encounters as groups with their events
// inside, values with their trend against the previous one, and a summary. A pure function: the same events, look
// and moment give the same page.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/console.h"
#include "engine/person_about.h"
#include "formats/record/event.h"

namespace chartline::cli {

using Person = engine::PersonAbout;

struct PageOptions {
  Look look;
  Micros now = 0;  // for the age of the living
  // Left out before the first one shown: how many, and the last number of each code (code and value suffice).
  std::size_t earlier = 0;
  std::span<const record::Event> earlier_numbers{};
};

// `events` in the store's order. Those of kind patient tell who it is, and are told by the head of the page.
std::string timeline_page(const Person& person, std::span<const record::Event> events, const PageOptions& options);

}  // namespace chartline::cli
