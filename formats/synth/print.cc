#include "formats/synth/print.h"

#include <charconv>

#include "formats/synth/names.h"

namespace chartline::synth {
namespace {

using record::Precision;

void add_number(std::string& text, std::uint64_t n) {
  char digits[24];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, n).ptr);
}

void add_two_digits(std::string& text, std::int64_t n) {
  text += static_cast<char>('0' + n / 10), text += static_cast<char>('0' + n % 10);
}

void add_time(std::string& text, const record::Time& time) {
  if (!time.known()) return;
  const record::CivilDay day = record::civil(time.day());
  add_number(text, static_cast<std::uint64_t>(day.year));
  if (time.precision < Precision::month) return;
  text += '-', add_two_digits(text, day.month);
  if (time.precision < Precision::day) return;
  text += '-', add_two_digits(text, day.day);
  if (time.precision < Precision::second) return;
  const std::int64_t second = time.local / record::micros_per_second % 86'400;
  text += ' ', add_two_digits(text, second / 3'600);
  text += ':', add_two_digits(text, second / 60 % 60);
  text += ':', add_two_digits(text, second % 60);
}

void add_day(std::string& text, record::Day day) { add_time(text, record::day_time(day)); }

void add_value(std::string& text, const Fact& fact) {
  if (!fact.has_value) return;
  const std::int64_t power = fact.decimals == 0 ? 1 : fact.decimals == 1 ? 10 : 100;
  add_number(text, static_cast<std::uint64_t>(fact.value / power));
  if (fact.decimals == 0) return;
  text += '.';
  if (fact.decimals == 2) add_two_digits(text, fact.value % power);
  else text += static_cast<char>('0' + fact.value % power);
}

void add_record(std::string& text, const Person& person, std::uint32_t record) {
  if (record == 0) return;
  add_number(text, person.number), text += '.', add_number(text, record);
}

void add_person(std::string& text, const Person& person) {
  add_day(text, person.birth);
  text += ',', text += sex_word(person.sex);
  text += ',';
  if (person.death && *person.death < person.past) add_day(text, *person.death);
}

void print_full(const Catalogue& catalogue, const Person& person, const Fact& fact, std::string& row) {
  add_number(row, person.number);
  row += ',', add_time(row, fact.start);
  row += ',', row += catalogue.text(fact.code).cell;
  row += ',', add_value(row, fact);
  row += ',', row += fact.unit;
  row += ',', row += record::name(fact.kind);
  row += ',';
  if (fact.end.form == record::End::Form::ongoing) row += "ongoing";
  else if (fact.end.form == record::End::Form::at) add_time(row, fact.end.at);
  row += ',', row += record::name(fact.status);
  row += ',', row += organisation(fact.source);
  row += ',', row += system_of(fact.source);
  row += ',', add_record(row, person, fact.record);
  row += ',';
  if (fact.version != 0) add_number(row, fact.version);
  row += ',', add_record(row, person, fact.encounter);
  row += ',', row += record::name(fact.author);
  row += ',', row += person_system;
  row += ',';
  if (fact.days_supply != 0) add_number(row, fact.days_supply);
  row += ',';
  if (fact.kind == record::Kind::patient) add_person(row, person);
  else row += ",,";
  row += '\n';
}

void print_narrow(const Catalogue& catalogue, const Person& person, const Fact& fact, std::string& row) {
  if (fact.code == 0 || fact.start.precision < Precision::day || !fact.is_current()) return;
  add_number(row, person.number);
  row += ',', add_time(row, fact.start);
  row += ',', row += catalogue.text(fact.code).cell;
  row += ',', add_value(row, fact);
  row += '\n';
}

// Another current fact of the same code and time stands before it.
bool is_repeated(std::span<const Fact> facts, std::size_t i) {
  for (std::size_t before = i; before-- > 0 && facts[before].start == facts[i].start;)
    if (facts[before].code == facts[i].code && facts[before].is_current()) return true;
  return false;
}

}  // namespace

std::string_view header(Form form) {
  switch (form) {
    case Form::full:
      return "patient,time,code,value,unit,kind,end,status,source,source_system,record,version,encounter,author,"
             "patient_system,attr.days_supply,"
             "attr.birth,attr.sex,attr.death\n";
    case Form::narrow: return "patient,time,code,value\n";
    case Form::people: return "patient,time,code,kind,attr.birth,attr.sex,attr.death\n";
  }
  return {};
}

void print_facts(const Catalogue& catalogue, const Person& person, std::span<const Fact> facts, Form form,
                 std::string& rows) {
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (form == Form::full) print_full(catalogue, person, facts[i], rows);
    else if (!is_repeated(facts, i)) print_narrow(catalogue, person, facts[i], rows);
  }
}

void print_person(const Person& person, std::string& rows) {
  add_number(rows, person.number);
  rows += ",,,patient,";
  add_person(rows, person);
  rows += '\n';
}

}  // namespace chartline::synth
