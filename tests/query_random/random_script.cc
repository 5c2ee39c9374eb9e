#include <algorithm>
#include <utility>

#include "tests/query_random/script.h"

namespace chartline::query::random {
namespace {

using record::Event;
using record::Kind;
using record::Value;

class Maker {
 public:
  Maker(std::uint64_t seed, int people, int events_most)
      : chance_(seed), people_(people), events_most_(events_most), vague_one_in_(vagueness[seed % 4]) {}

  Script make() {
    for (int person = 0; person < people_; ++person) introduce("p" + std::to_string(person));
    shuffle();
    disturb();
    tell_late();
    return std::move(script_);
  }

 private:
  // -- one person: who they are, and what happened to them, as records in any order
  void introduce(const std::string& person) {
    busy_ = first_day + static_cast<record::Day>(chance_.below(days));
    if (!chance_.one_in(8)) tell(person, {demographics()});
    const std::uint64_t events =
        chance_.one_in(4) ? chance_.below(3) : 1 + chance_.below(static_cast<std::uint64_t>(events_most_));
    for (std::uint64_t i = 0; i < events; ++i) {
      std::vector<Event> record{event()};
      if (!record[0].record.empty() && chance_.one_in(10)) {
        Event part = event();
        part.record = record[0].record, part.version = record[0].version, part.source = record[0].source;
        part.part = 1;
        record.push_back(part);
      }
      tell(person, std::move(record));
    }
  }

  void tell(const std::string& person, std::vector<Event> events) {
    script_.steps.push_back({.what = Step::What::write, .person = person, .events = std::move(events)});
  }

  // -- the order in which the store is told
  void shuffle() {
    auto& steps = script_.steps;
    for (std::size_t i = steps.size(); i > 1; --i) std::swap(steps[i - 1], steps[chance_.below(i)]);
    const bool many = people_ > 1'000;
    if (!many && chance_.one_in(4)) return;
    // Most of it comes by bulk load: rows of one load without ids have their ordinals from it.
    const std::size_t loaded = many ? steps.size() - 500 : steps.size() * (1 + chance_.below(3)) / 4;
    for (std::size_t i = 0; i < loaded; ++i) steps[i].what = Step::What::load;
  }

  // Corrections, links, erasures and folds, somewhere behind the load.
  void disturb() {
    std::vector<Step> steps;
    const auto person = [&] { return "p" + std::to_string(chance_.below(static_cast<std::uint64_t>(people_))); };
    bool listed = false;
    for (const Step& step : script_.steps) {
      const bool loads = step.what == Step::What::load;
      if (!loads && !std::exchange(listed, true))
        for (const std::string_view name : lists) steps.push_back(list(name));
      steps.push_back(step);
      if (loads) continue;
      if (chance_.one_in(100)) steps.push_back(list(chance_.of(lists)));
      if (chance_.one_in(300))
        steps.push_back({.what = Step::What::terms,
                         .person = chance_.one({"104", "103", "102"}),
                         .other = chance_.one({"101", "102"})});
      if (chance_.one_in(6)) correct(steps);
      if (chance_.one_in(40)) steps.push_back({.what = Step::What::link, .person = person(), .other = person()});
      if (chance_.one_in(160)) steps.push_back({.what = Step::What::erase, .person = person()});
      if (chance_.one_in(150)) steps.push_back({.what = Step::What::fold});
      if (chance_.one_in(120)) unlink(steps);
    }
    script_.steps = std::move(steps);
  }

  // Behind the last fold, so that it is not folded: codes that events of several kinds carry, before too, and of people who
  // often have none of them so far.
  void tell_late() {
    const std::vector<record::Code> codes = {code(), code(), code()};
    static constexpr Kind kinds[] = {Kind::condition, Kind::observation, Kind::medication};
    const auto events = static_cast<std::uint64_t>(std::min(people_ / 3, 200));
    for (std::uint64_t i = 0; i < events; ++i) {
      busy_ = first_day + static_cast<record::Day>(chance_.below(days));
      Event one = event();
      one.code = codes[chance_.below(codes.size())];
      if (one.kind != Kind::encounter) one.kind = chance_.of(kinds);
      tell("p" + std::to_string(chance_.below(static_cast<std::uint64_t>(people_))), {one});
    }
  }

  // What was said before is said again otherwise, or taken back.
  void correct(std::vector<Step>& steps) {
    Step again = steps[chance_.below(steps.size())];
    if (again.events.empty() || again.events[0].record.empty()) return;
    again.what = Step::What::write;
    const bool taken_back = chance_.one_in(3);
    for (Event& one : again.events) {
      const std::string_view version = script_.arena->text(std::to_string(++versions_));
      if (taken_back) {
        one.status = record::Status::entered_in_error;
      } else if (one.kind != Kind::patient) {
        Event other = event();
        other.record = one.record, other.source = one.source, other.part = one.part;
        one = other;
      }
      one.version = version;
    }
    for (Event& one : again.events) one.version = again.events[0].version;
    steps.push_back(std::move(again));
  }

  Step list(std::string_view name) {
    std::string codes = "local:unused";
    if (name != "empty") {
      for (std::uint64_t i = 0, n = 1 + chance_.below(3); i < n; ++i) {
        const record::Code one = code();
        codes += "," + std::string(one.system) + ":" + std::string(one.code);
      }
      if (chance_.one_in(3)) codes += "," + chance_.one({"snomed:<<101", "snomed:<100", "icd10:E11*"});
    }
    return {.what = Step::What::list, .person = std::string(name), .other = std::move(codes)};
  }

  void unlink(std::vector<Step>& steps) {
    for (std::uint64_t i = 0; i < 20; ++i) {
      Step step = steps[chance_.below(steps.size())];
      if (step.what != Step::What::link) continue;
      step.what = Step::What::unlink;
      steps.push_back(std::move(step));
      return;
    }
  }

  // -- one event
  Event demographics() {
    Event event;
    event.kind = Kind::patient;
    event.source = {"org0", ""};
    event.record = "pat", event.version = "0";
    std::vector<record::Attribute> attributes;
    const auto add = [&](std::string_view name, const Value& value) { attributes.push_back({name, value}); };
    const auto date = [&](record::Day day) {
      Value value;
      value.form = Value::Form::date;
      value.date = chance_.one_in(8)
                       ? *record::parse_time(record::print(record::day_time(day)).substr(0, chance_.one_in(2) ? 4 : 7))
                       : record::day_time(day);
      return value;
    };
    const auto birth = first_day - static_cast<record::Day>(chance_.below(chance_.one_in(4) ? 800 : 33'000));
    if (!chance_.one_in(10)) add(record::attribute::birth, date(birth));
    if (chance_.one_in(8)) {
      Value death = date(first_day + static_cast<record::Day>(chance_.below(days + 200)));
      if (chance_.one_in(4)) death.date = {};
      add(record::attribute::death, death);
    }
    if (chance_.one_in(2)) add("region", word(chance_.of(texts)));
    if (!chance_.one_in(8)) {
      Value sex;
      sex.form = Value::Form::code;
      static constexpr std::string_view words[] = {"female", "male", "female", "male", "other", "unknown"};
      sex.code = {"gender", chance_.of(words), {}};
      add(record::attribute::sex, sex);
    }
    event.attributes = script_.arena->array(attributes);
    return event;
  }

  Event event() {
    Event event;
    static constexpr Kind kinds[] = {Kind::condition,   Kind::condition,   Kind::condition,   Kind::observation,
                                     Kind::observation, Kind::observation, Kind::observation, Kind::medication,
                                     Kind::medication,  Kind::encounter,   Kind::procedure,   Kind::registration};
    event.kind = chance_.one_in(20) ? static_cast<Kind>(chance_.below(record::kind_count - 1)) : chance_.of(kinds);
    if (event.kind == Kind::death && !chance_.one_in(4)) event.kind = Kind::condition;
    static constexpr record::Status unusual[] = {record::Status::entered_in_error, record::Status::planned,
                                                 record::Status::proposed, record::Status::not_done};
    event.status = chance_.one_in(14)  ? chance_.of(unusual)
                   : chance_.one_in(4) ? record::Status::final
                                       : record::Status::none;
    if (chance_.one_in(8)) event.status = static_cast<record::Status>(chance_.below(record::status_count));
    event.certainty = chance_.one_in(12)  ? record::Certainty::refuted
                      : chance_.one_in(5) ? record::Certainty::confirmed
                                          : record::Certainty::none;
    event.author =
        chance_.one_in(3) ? static_cast<record::Author>(chance_.below(record::author_count)) : record::Author::unknown;
    if (!chance_.one_in(15)) event.code = code();
    if (!event.code.empty() && chance_.one_in(5)) event.translations = script_.arena->array(std::vector{code()});
    event.start = time(12);
    end(event);
    if (event.kind == Kind::observation ? !chance_.one_in(6) : chance_.one_in(5)) event.value = value();
    event.source = {chance_.of(organisations), chance_.of(systems)};
    if (event.kind == Kind::encounter) {
      event.record = script_.arena->text("enc" + std::to_string(chance_.below(3)));
    } else if (!chance_.one_in(5)) {
      event.record = script_.arena->text("r" + std::to_string(++records_));
    }
    if (!event.record.empty()) event.version = "0";
    if (chance_.one_in(3)) event.sequence = chance_.below(4);
    if (chance_.one_in(3)) event.encounter = script_.arena->text("enc" + std::to_string(chance_.below(4)));
    attributes(event);
    return event;
  }

  void end(Event& event) {
    const bool lasts = event.kind == Kind::condition || event.kind == Kind::medication ||
                       event.kind == Kind::encounter || event.kind == Kind::registration;
    if (!(lasts ? !chance_.one_in(4) : chance_.one_in(12))) return;
    switch (chance_.below(5)) {
      case 0: event.end.form = record::End::Form::ongoing; return;
      case 1: event.end.form = record::End::Form::unknown; return;
      default: break;
    }
    event.end.form = record::End::Form::at;
    if (!event.start.known() || chance_.one_in(12)) {
      event.end.at = time(8);
    } else {
      const auto days = static_cast<record::Day>(chance_.below(chance_.one_in(3) ? 200 : 20));
      if (event.start.precision < record::Precision::day || chance_.one_in(3)) {
        event.end.at = record::day_time(event.start.day() + days);
      } else {
        event.end.at = event.start;
        event.end.at.local += days * record::micros_per_day;
        if (chance_.one_in(6)) event.end.at.offset_minutes = 60;
      }
    }
  }

  void attributes(Event& event) {
    std::vector<record::Attribute> list;
    if (chance_.one_in(4)) list.push_back({"dose", value()});
    if (chance_.one_in(8)) {
      Value due;
      due.form = Value::Form::date, due.date = time(10);
      list.push_back({"due", due});
    }
    if (chance_.one_in(8)) {
      Value flag;
      flag.form = Value::Form::boolean, flag.boolean = chance_.one_in(2);
      list.push_back({"flag", flag});
    }
    if (chance_.one_in(6)) list.push_back({"site", word(chance_.of(texts))});
    event.attributes = script_.arena->array(list);
  }

  record::Code code() {
    const CodeOf& one = chance_.of(world_codes);
    return {one.system, one.code, {}};
  }

  static Value word(std::string_view text) {
    Value value;
    value.form = Value::Form::text, value.text = text;
    return value;
  }

  record::Time time(std::uint64_t missing_one_in) {
    const bool may_be_vague = vague();
    if (may_be_vague && chance_.one_in(missing_one_in)) return {};
    record::Day day = chance_.one_in(2) ? busy_ + static_cast<record::Day>(chance_.below(15))
                                        : first_day + static_cast<record::Day>(chance_.below(days));
    if (chance_.one_in(50)) day -= 20'000;
    const std::string text = record::print(record::day_time(day));
    const auto offset = static_cast<std::int16_t>(chance_.one_in(4) ? -300 : chance_.one_in(4) ? 60 : 0);
    switch (may_be_vague ? chance_.below(12) : 2 + chance_.below(10)) {
      case 0: return *record::parse_time(text.substr(0, 4));
      case 1: return *record::parse_time(text.substr(0, 7));
      case 2:
      case 3:
      case 4:
      case 5: {
        const Micros second = record::micros_per_second,
                     at = day * record::micros_per_day + static_cast<Micros>(chance_.below(6)) * 4 * 3'600 * second;
        return record::at_instant(at + (may_be_vague && chance_.one_in(5) ? 250'000
                                        : chance_.one_in(3)               ? 90 * second
                                                                          : 0),
                                  offset);
      }
      default: return record::day_time(day, chance_.one_in(10) ? offset : std::int16_t{0});
    }
  }

  Value value() {
    Value value;
    switch (chance_.below(10)) {
      case 0: return word(chance_.of(texts));
      case 1: value.form = Value::Form::code, value.code = code(); return value;
      case 2: value.form = Value::Form::boolean, value.boolean = chance_.one_in(2); return value;
      default: break;
    }
    value.form = Value::Form::number;
    value.number = record::decimal(static_cast<std::int64_t>(chance_.below(chance_.one_in(3) ? 2'000 : 120)) - 5,
                                   static_cast<int>(chance_.below(3)));
    if (chance_.one_in(8)) value.comparator = static_cast<record::Comparator>(chance_.below(record::comparator_count));
    if (!chance_.one_in(5)) value.unit = chance_.of(units);
    return value;
  }

  // A vague time makes its person one for whom little is sure: stores have many of them, few, or none.
  static constexpr std::uint64_t vagueness[] = {1, 40, 0, 8};
  bool vague() { return vague_one_in_ && chance_.one_in(vague_one_in_); }

  Chance chance_;
  const int people_, events_most_;
  const std::uint64_t vague_one_in_;
  Script script_;
  record::Day busy_ = 0;  // around which most of a person's events lie
  int records_ = 0, versions_ = 0;
};

}  // namespace

Script random_script(std::uint64_t seed, int people, int events_most) {
  return Maker(seed, people, events_most).make();
}

}  // namespace chartline::query::random
