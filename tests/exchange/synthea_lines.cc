#include "tests/exchange/synthea_lines.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

#include "formats/exchange/csv.h"
#include "formats/exchange/input.h"
#include "formats/record/systems.h"

namespace chartline::exchange {
namespace {

constexpr std::array compared = {"AllergyIntolerance", "CarePlan",    "Condition",
                                 "DiagnosticReport",   "Encounter",   "Immunization",
                                 "MedicationRequest",  "Observation", "Procedure"};

std::string seconds(const record::Time& time) { return std::to_string(time.instant() / record::micros_per_second); }

std::string seconds_of(std::string_view text) {
  return text.empty() ? std::string() : seconds(record::parse_time(text).value());
}

std::string line(std::string_view patient, std::string_view id, std::string_view start, std::string_view end,
                 std::string_view code, std::string_view value, std::string_view unit) {
  std::string out;
  for (const auto field : {patient, id, start, end, code, value, unit}) out.append(field).append(" ");
  return out;
}

std::string person_line(std::string_view patient, std::string_view birth, std::string_view sex, std::string_view death) {
  return std::string(patient).append(" ").append(birth).append(" ").append(sex).append(" ").append(death);
}

std::string person_line(std::string_view patient, const record::Event& event) {
  std::map<std::string, std::string> facts;
  for (const auto& attribute : event.attributes) {
    const bool is_date = attribute.value.form == record::Value::Form::date;
    facts[std::string(attribute.name)] = is_date ? seconds(attribute.value.date) : std::string(attribute.value.code.code);
  }
  return person_line(patient, facts["birth"], facts["sex"], facts["death"]);
}

template <typename Row>
void for_each_row(const std::string& file, Row row) {
  const std::vector<std::string> paths = {std::string(synthea_folder) + "/" + file};
  auto inputs = Inputs::open(paths);
  if (!inputs) throw std::runtime_error(inputs.error().message);
  auto csv = Csv::open(*inputs->next().value());
  if (!csv) throw std::runtime_error(csv.error().message);
  while (csv->next().value())
    row([&](std::string_view column) { return std::string((*csv)[csv->column(column).value()]); });
}

}  // namespace

void SyntheaLines::add(std::string_view patient, const record::Event& event, bool is_panel) {
  const auto slash = event.record.find('/');
  const std::string type(event.record.substr(0, slash));
  if (event.kind == record::Kind::patient) people.push_back(person_line(patient, event));
  if (std::ranges::find(compared, type) == compared.end()) return;
  if (type == "Observation" && is_panel && event.part == 0) return;
  const auto& value = event.value;
  std::string told;
  if (value.form == record::Value::Form::number) told = print(value.number);
  if (value.form == record::Value::Form::code) told = value.code.code;
  const auto end = event.end.form == record::End::Form::at ? seconds(event.end.at) : std::string();
  events[type].push_back(line(patient, event.record.substr(slash + 1), seconds(event.start), end,
                              std::string(event.code.system).append("|").append(event.code.code), told, value.unit));
}

Lines independent_events() {
  Lines events;
  for_each_row("events.csv.gz", [&](auto column) {
    const auto value = column("value_code").empty() ? column("value") : column("value_code");
    const auto number = record::parse_decimal(value);
    const bool is_number = column("value_code").empty() && number.has_value();
    events[column("type")].push_back(
        line(column("patient"), column("id"), column("start_epoch"), column("end_epoch"),
             std::string(record::system_from_uri(column("system"))).append("|").append(column("code")),
             is_number ? print(*number) : value, column("unit")));
  });
  return events;
}

std::vector<std::string> independent_people() {
  std::vector<std::string> people;
  for_each_row("events_patients.csv", [&](auto column) {
    people.push_back(person_line(column("patient"), seconds_of(column("birthDate")), column("gender"),
                                 seconds_of(column("deceasedDateTime"))));
  });
  return people;
}

std::string differences(std::vector<std::string> ours, std::vector<std::string> theirs) {
  std::ranges::sort(ours);
  std::ranges::sort(theirs);
  std::vector<std::string> only_ours, only_theirs;
  std::ranges::set_difference(ours, theirs, std::back_inserter(only_ours));
  std::ranges::set_difference(theirs, ours, std::back_inserter(only_theirs));
  std::string out;
  for (const auto& line : only_ours) out.append("ours   ").append(line).append("\n");
  for (const auto& line : only_theirs) out.append("theirs ").append(line).append("\n");
  return out;
}

}  // namespace chartline::exchange
