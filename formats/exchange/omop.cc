// Reads an OMOP CDM database from its CSV files.
//
// 1. Read the tables that others refer to into an OmopContext. Standard input can be read only once: there each table is
//    learned from as it passes by, and it is for the sender to put vocabulary and persons first.
// 2. Read every file once more, in order: rows of clinical tables become records, vocabulary tables terminology.
//
// Files are known by their names ("PERSON.csv.gz"), others by their first columns ("part-0001.csv"). A file that is neither
// is named in the quality report, if there is anything in it.
#include <algorithm>
#include <array>

#include "formats/exchange/csv.h"
#include "formats/exchange/csv_folder.h"
#include "formats/exchange/input.h"
#include "formats/exchange/omop_context.h"
#include "formats/exchange/omop_row.h"
#include "formats/exchange/omop_tables.h"
#include "formats/exchange/omop_terms.h"
#include "formats/exchange/readers.h"
#include "formats/exchange/row_report.h"

namespace chartline::exchange {
namespace {

// The first two columns by which tables without an OmopTable are known.
struct OtherTable {
  std::string_view name, first, second;
};
constexpr std::array other_tables = std::to_array<OtherTable>({
    {"cdm_source", "cdm_source_name", "cdm_source_abbreviation"},
    {"concept", "concept_id", "concept_name"},
    {"vocabulary", "vocabulary_id", "vocabulary_name"},
    {"concept_ancestor", "ancestor_concept_id", "descendant_concept_id"},
    {"concept_relationship", "concept_id_1", "concept_id_2"},
});

bool is_table_name(std::string_view name) {
  return find_omop_table(name) != nullptr || std::any_of(other_tables.begin(), other_tables.end(),
                                                         [&](const OtherTable& table) { return table.name == name; });
}

std::string table_by_header(const Csv& csv) {
  const auto fits = [&](std::string_view first, std::string_view second) {
    return csv.column(first) == 0 && csv.column(second);
  };
  for (const OmopTable& table : omop_tables())
    if (fits(table.columns[0].name, table.columns[1].name)) return std::string(table.name);
  for (const OtherTable& table : other_tables)
    if (fits(table.first, table.second)) return std::string(table.name);
  return {};
}

class OmopReader {
 public:
  explicit OmopReader(const Reading& reading) : reading_(reading), context_(reading.options) {}

  Result<void> read() {
    const bool is_stream = std::find(reading_.paths.begin(), reading_.paths.end(), "-") != reading_.paths.end();
    if (!is_stream) TRY(learn());
    return tell(is_stream);
  }

 private:
  Result<void> learn() {
    auto inputs = TRY(Inputs::open(reading_.paths));
    while (Input* input = TRY(inputs.next())) {
      const std::string name = table_stem(input->name());
      if (!is_table_file(*input, reading_.paths) || (is_table_name(name) && !OmopContext::is_reference(name))) continue;
      auto csv = Csv::open(*input);
      if (!csv) continue;
      const auto learn_row = context_.learner(is_table_name(name) ? name : table_by_header(*csv), *csv);
      while (learn_row && TRY(csv->next()))
        if (csv->fault() == RowFault::none) learn_row();
    }
    return {};
  }

  Result<void> tell(bool learning) {
    auto inputs = TRY(Inputs::open(reading_.paths));
    while (Input* input = TRY(inputs.next())) TRY(tell_file(*input, inputs, learning));
    if (reading_.progress) reading_.progress(inputs.consumed_bytes());
    return {};
  }

  Result<void> tell_file(Input& input, const Inputs& inputs, bool learning) {
    RowReport report(reading_.quality, input.name());
    if (!is_table_file(input, reading_.paths)) return not_read(report, "it is no CSV file");
    auto opened = Csv::open(input);
    if (!opened) {
      if (opened.error().fault != Fault::invalid_request) return opened.error();
      return not_read(report, opened.error().message);
    }
    Csv& csv = *opened;
    std::string name = table_stem(input.name());
    if (!is_table_name(name)) name = table_by_header(csv);

    const auto learn_row = learning ? context_.learner(name, csv) : OmopContext::Learn{};
    const auto terms = OmopTerms::bind(name, csv, context_, report);
    const OmopTable* table = find_omop_table(name);
    const auto rows = table != nullptr ? OmopRows::bind(*table, csv, context_, report) : nullptr;
    const bool is_read = terms != nullptr || rows != nullptr || OmopContext::is_reference(name);

    for (std::uint64_t count = 1; TRY(csv.next()); ++count) {
      if (!is_read)
        return not_read(report,
                        table == nullptr ? "it is no table that is read" : "it does not say whom its rows are about");
      if (learn_row && csv.fault() == RowFault::none) learn_row();
      if (terms) TRY(terms->tell(reading_.sink));
      if (rows) TRY(rows->tell(reading_.sink));
      if (reading_.progress && count % rows_per_progress == 0) reading_.progress(inputs.consumed_bytes());
    }
    return terms ? terms->finish() : Result<void>{};
  }

  const Reading& reading_;
  OmopContext context_;
};

}  // namespace

Result<void> read_omop(const Reading& reading) { return OmopReader(reading).read(); }

}  // namespace chartline::exchange
