// Seeded random records over a small world, so that histories meet: few patients, few records, few codes, many ties.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "formats/record/event.h"

namespace chartline::engine {

class RandomRecords {
 public:
  explicit RandomRecords(std::uint64_t seed, int people = 7) : random_(seed), people_(people) {}

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::string person() { return "p" + std::to_string(below(static_cast<std::uint64_t>(people_))); }

  // Borrows from `arena`.
  record::Record make(record::Arena& arena) {
    record::Record said;
    const record::Identifier identifier{"test", arena.text(person())};
    said.identifiers = arena.array(std::vector{identifier});
    record::Event event = this->event(arena);
    std::vector<record::Event> events{event};
    if (!event.record.empty() && one_in(4)) {
      record::Event part = this->event(arena);
      part.source = event.source, part.record = event.record, part.version = event.version, part.status = event.status;
      part.part = 1;
      events.push_back(part);
    }
    said.events = arena.array(events);
    if (one_in(3)) said.original = arena.text(std::string(below(40), static_cast<char>('a' + below(26))));
    if (!event.record.empty() && one_in(8)) said.demand = record::Record::Demand::absent;
    if (!event.record.empty() && one_in(8)) {
      said.demand = record::Record::Demand::version;
      said.demanded_version = arena.text(std::to_string(below(3)));
    }
    return said;
  }

  record::Event event(record::Arena& arena) {
    record::Event event;
    event.kind = static_cast<record::Kind>(below(record::kind_count));
    event.status = one_in(10)  ? record::Status::entered_in_error
                   : one_in(4) ? record::Status::final
                               : record::Status::none;
    event.certainty = one_in(6) ? record::Certainty::refuted : record::Certainty::none;
    event.author = one_in(6) ? record::Author::patient : record::Author::unknown;
    if (!one_in(8)) event.code = code(arena);
    if (one_in(4)) event.translations = arena.array(std::vector{code(arena), code(arena)});
    event.start = time();
    if (one_in(5)) event.end = {record::End::Form::at, time()};
    else if (one_in(5)) event.end = {one_in(2) ? record::End::Form::ongoing : record::End::Form::unknown, {}};
    event.value = value(arena);
    event.source = {arena.text("org" + std::to_string(below(2))), one_in(3) ? "sys" : ""};
    if (!one_in(3)) {
      event.record = arena.text("rec" + std::to_string(below(12)));
      if (one_in(2)) event.version = arena.text(std::to_string(below(3)));
    }
    event.sequence = one_in(3) ? below(4) : 0;
    if (one_in(4)) event.encounter = arena.text("enc" + std::to_string(below(3)));
    if (one_in(4)) {
      std::vector<record::Attribute> attributes;
      record::Attribute dose;
      dose.name = "dose", dose.value = value(arena);
      attributes.push_back(dose);
      if (one_in(2)) {
        record::Attribute due;
        due.name = "due", due.value.form = record::Value::Form::date, due.value.date = time();
        attributes.push_back(due);
      }
      event.attributes = arena.array(attributes);
    }
    return event;
  }

  record::Code code(record::Arena& arena) {
    return {one_in(3) ? "snomed" : "local", arena.text("c" + std::to_string(below(9))), {}};
  }

  record::Time time() {
    switch (below(8)) {
      case 0: return {};
      case 1: return *record::parse_time("2019");
      case 2: return *record::parse_time("2019-03");
      case 3: return record::at_instant(1'550'000'000'000'000 + static_cast<Micros>(below(20)), 60);
      default: break;
    }
    const auto day = static_cast<record::Day>(17'900 + below(40) - (one_in(20) ? 30'000 : 0));
    if (one_in(2)) return record::day_time(day);
    return record::at_instant(
        day * record::micros_per_day + static_cast<Micros>(below(5)) * 3'600 * record::micros_per_second,
        static_cast<std::int16_t>(one_in(4) ? -300 : 0));
  }

  record::Value value(record::Arena& arena) {
    record::Value value;
    switch (below(6)) {
      case 0:
        value.form = record::Value::Form::text, value.text = arena.text("text " + std::to_string(below(5)));
        break;
      case 1: value.form = record::Value::Form::code, value.code = code(arena); break;
      case 2: value.form = record::Value::Form::boolean, value.boolean = one_in(2); break;
      case 3: break;
      default:
        value.form = record::Value::Form::number;
        value.number = one_in(10)
                           ? record::decimal(1.0 / 3.0)
                           : record::decimal(static_cast<std::int64_t>(below(400)) - 20, static_cast<int>(below(3)));
        value.comparator = one_in(8) ? record::Comparator::less : record::Comparator::equal;
        if (one_in(2)) value.unit = one_in(2) ? "mg/dL" : "mmol/L";
    }
    return value;
  }

 private:
  std::mt19937_64 random_;
  int people_;
};

}  // namespace chartline::engine
