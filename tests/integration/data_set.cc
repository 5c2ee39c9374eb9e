#include "tests/integration/data_set.h"

#include <filesystem>
#include <fstream>
#include <ostream>
#include <stdexcept>

#include "formats/exchange/csv.h"
#include "formats/exchange/input.h"
#include "tests/integration/must.h"

namespace chartline::integration {
namespace {

using exchange::Format;

// Nine columns of the flattened events, under the names of the plain event CSV. Codes may hold no comma or quote there.
void write_event_csv(const std::string& from, const std::string& to) {
  const std::vector<std::string> paths = {from};
  auto inputs = must(exchange::Inputs::open(paths));
  auto csv = must(exchange::Csv::open(*must(inputs.next())));
  const auto column = [&](std::string_view name) { return csv.column(name).value(); };
  const std::size_t patient = column("patient"), start = column("start"), system = column("system"),
                    code = column("code");
  const std::size_t value = column("value"), unit = column("unit"), end = column("end"), type = column("type");
  std::ofstream out(to, std::ios::binary);
  out << "patient,time,system,code,value,unit,end,attr.type\n";
  const auto quoted = [](std::string_view cell) {
    std::string text = "\"";
    for (const char c : cell) text.append(c == '"' ? 2 : 1, c);
    return text + "\"";
  };
  while (must(csv.next())) {
    const bool is_number = !csv[value].empty();
    out << csv[patient] << ',' << csv[start] << ',' << csv[system] << ',' << quoted(csv[code]) << ','
        << quoted(csv[value]) << ',' << (is_number ? quoted(csv[unit]) : "") << ',' << csv[end] << ',' << csv[type]
        << '\n';
  }
  if (!out.flush()) throw std::runtime_error("the event CSV cannot be written");
}

}  // namespace

bool DataSet::present() const { return std::filesystem::exists(path); }

void PrintTo(const DataSet& set, std::ostream* out) { *out << set.name; }

const std::vector<DataSet>& data_sets() {
  static const std::string shared = "../shared/data/";
  static const std::vector<DataSet> sets = {
      {"Sample", Format::fhir, "data/sample/synthea-fhir.tar.xz", 5'710},
      {"SyntheaFhir", Format::fhir, shared + "synthea-r4-smart/bundles.tar.xz", 96'562},
      {"SyntheaEvents", Format::events, shared + "synthea-r4-smart/events.csv.gz", 77'024, true},
      {"SyntheaCsv", Format::synthea, shared + "synthea-csv/dbt-synthea-27", 0},
      {"OmopGiBleed", Format::omop, shared + "omop-gibleed", 0},
      {"OmopNewJersey", Format::omop, shared + "omop-synthea27nj", 0},
      {"OmopMimic", Format::omop, shared + "mimic-iv-demo-omop", 0},
      {"MedsMimic", Format::meds, shared + "mimic-iv-demo-meds/events.csv.gz", 541'443},
      {"FhirExamples", Format::fhir, shared + "fhir-r4-examples", 0},
      {"Nrlf", Format::fhir, shared + "nrlf-examples", 0},
  };
  return sets;
}

const DataSet& data_set(const std::string& name) {
  for (const DataSet& set : data_sets())
    if (set.name == name) return set;
  throw std::runtime_error("no data set " + name);
}

std::vector<std::string> paths_of(const DataSet& set, const exchange::ScratchFolder& scratch) {
  if (!set.is_made) return {set.path};
  const std::string made = scratch.path() + "/events.csv";
  if (!std::filesystem::exists(made)) write_event_csv(set.path, made);
  return {made};
}

}  // namespace chartline::integration
