#include "formats/synth/records.h"

#include "formats/synth/names.h"

namespace chartline::synth {

using record::Attribute;
using record::Value;

Result<void> Records::give(const Person& person, std::span<const Fact> facts,
                           const std::function<Result<void>(const record::Record&)>& each) {
  number_ = std::to_string(person.number);
  const record::Identifier who{.system = person_system, .value = number_};
  for (const Fact& fact : facts) {
    make(person, fact);
    TRY(each({.identifiers = {&who, 1}, .events = {&event_, 1}, .original = {}, .demanded_version = {}}));
  }
  return {};
}

void Records::make(const Person& person, const Fact& fact) {
  const auto id = [&](std::uint32_t n) { return n == 0 ? std::string() : number_ + '.' + std::to_string(n); };
  record_ = id(fact.record), encounter_ = id(fact.encounter);
  version_ = fact.version == 0 ? "" : std::to_string(fact.version);
  event_ = {};
  event_.kind = fact.kind, event_.status = fact.status, event_.author = fact.author;
  event_.start = fact.start, event_.end = fact.end;
  if (fact.code != 0)
    event_.code = {.system = catalogue_.text(fact.code).system, .code = catalogue_.text(fact.code).code, .display = {}};
  if (fact.has_value) {
    event_.value.form = Value::Form::number;
    event_.value.number = record::decimal(fact.value, fact.decimals);
    event_.value.unit = fact.unit;
  }
  event_.source = {.organisation = organisation(fact.source), .system = system_of(fact.source)};
  event_.record = record_, event_.version = version_, event_.encounter = encounter_;

  attributes_.clear();  // by name
  const auto date = [](record::Day day) { return Value{.form = Value::Form::date, .date = record::day_time(day)}; };
  if (fact.kind == record::Kind::patient) {
    attributes_.push_back({record::attribute::birth, date(person.birth)});
    if (person.death && *person.death < person.past)
      attributes_.push_back({record::attribute::death, date(*person.death)});
    attributes_.push_back(
        {record::attribute::sex,
         Value{.form = Value::Form::code, .code = {.system = "gender", .code = sex_word(person.sex), .display = {}}}});
  }
  if (fact.days_supply != 0)
    attributes_.push_back(
        {"days_supply", Value{.form = Value::Form::number, .number = record::decimal(fact.days_supply, 0)}});
  event_.attributes = attributes_;
}

}  // namespace chartline::synth
