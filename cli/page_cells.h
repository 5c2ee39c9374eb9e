// Cells of the timeline page: the fields of an event in the words that a person reads.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/timeline_page.h"
#include "formats/record/event.h"

namespace chartline::cli {

std::string date_text(const record::Time& time);  // "2024-02-29", as much of it as is known; "no date"
std::string time_text(const record::Time& time);  // "14:30"; "" where only the day is known
std::string name_text(const record::Code& code, const Look& look);  // the display, else the code
std::string code_note(const record::Code& code, const Look& look);  // "loinc:4548-4"; "" where the name is the code already
std::string note_text(const record::Event& event,
                      const Look& look);  // how it ended; state and certainty where out of the ordinary

// A number stands in a column of its own, aligned at its point; other values are words. Numbers are shown to three digits
// behind the point, small ones to three that count; what is stored and what machines read stays exact.
struct ValueText {
  std::string whole, fraction;  // "<5" and ".25": before the point, and from it on
  std::string unit, words;
};
ValueText value_text(const record::Value& value, const Look& look);
std::string rounded(const record::Decimal& number);

// For each event with a number: how it compares with the number before it of the same code and unit, among those given
// and those `earlier` than all of them. What has no date is before nothing.
class Trends {
 public:
  Trends(std::span<const record::Event> events, std::span<const record::Event> earlier, const Look& look);
  const std::string& of(std::size_t event) const { return texts_[event]; }  // "↑ 1.2", "=", "" for the first

 private:
  std::vector<std::string> texts_;
};

// Name, dates, sex and identifiers.
std::string page_head(const Person& person, Micros now, const Look& look);

}  // namespace chartline::cli
