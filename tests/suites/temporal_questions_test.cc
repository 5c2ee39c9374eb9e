// 300 temporal questions over Synthea's and MIMIC's events, answered row for row. SQLite and DuckDB agree on the rows.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <mutex>

#include "formats/exchange/csv.h"
#include "formats/exchange/input.h"
#include "tests/integration/data_set.h"
#include "tests/integration/importing.h"
#include "tests/integration/scratch_store.h"
#include "tests/suites/asking.h"
#include "tests/suites/json_lines.h"
#include "tests/suites/questions.h"

namespace chartline::suites {
namespace {

using integration::DataSet;
using integration::ScratchStore;
using integration::Where;

struct Suite {
  std::string set;   // of data_sets()
  std::string file;  // of questions
};
void PrintTo(const Suite& suite, std::ostream* out) { *out << suite.set; }

class TemporalQuestions : public testing::TestWithParam<Suite> {};

// The questions are about values as they stand, also where one code comes with a unit and without: the flattened events without
// their units.
std::vector<std::string> paths_of_events(const DataSet& set, const exchange::ScratchFolder& scratch) {
  const std::vector<std::string> paths = paths_of(set, scratch);
  if (!set.is_made) return paths;
  auto inputs = integration::must(exchange::Inputs::open(paths));
  auto csv = integration::must(exchange::Csv::open(*integration::must(inputs.next())));
  const std::string made = scratch.path() + "/without_units.csv";
  std::ofstream out(made, std::ios::binary);
  const std::vector<std::string> names = {"patient", "time", "system", "code", "value", "end", "attr.type"};
  for (const std::string& name : names) out << (name == "patient" ? "" : ",") << name;
  while (integration::must(csv.next())) {
    for (const std::string& name : names)
      out << (name == "patient" ? "\n" : ",") << '"' << csv[csv.column(name).value()] << '"';
  }
  return {made};
}

// One answer's rows, or those of several put side by side by their first column.
std::vector<Row> rows_of(const std::vector<query::Answer>& answers) {
  std::vector<Row> rows;
  std::map<Plain, std::size_t> place;
  for (const query::Answer& answer : answers) {
    for (const auto& cells : answer.rows) {
      Row row = plain(cells, Times::as_seconds);
      const auto [at, is_new] = place.emplace(row.front(), rows.size());
      if (is_new || answers.size() == 1) rows.push_back(std::move(row));
      else rows[at->second].insert(rows[at->second].end(), row.begin() + 1, row.end());
    }
  }
  return rows;
}

std::vector<Row> expected_rows(simdjson::dom::element line) {
  const bool by_year = std::string_view(line["kind"]) == "per_year";
  std::vector<Row> rows;
  for (const simdjson::dom::array cells : simdjson::dom::array(line["rows"])) {
    Row row = plain(cells);
    if (by_year) row.front() = std::stod(std::get<std::string>(row.front()));  // years are text there
    rows.push_back(std::move(row));
  }
  return rows;
}

TEST_P(TemporalQuestions, AreAnsweredRowForRow) {
  const DataSet& set = integration::data_set(GetParam().set);
  if (!set.present()) GTEST_SKIP() << integration::absent;
  ScratchStore store(Where::memory);
  const exchange::ScratchFolder scratch;
  Systems systems;
  std::mutex mutex;
  integration::import_into(*store, set.format, paths_of_events(set, scratch), {},
                           [&](const record::Record& record) -> Result<void> {
                             const std::lock_guard lock(mutex);
                             for (const record::Event& event : record.events)
                               systems[std::string(event.code.code)].emplace(event.code.system);
                             return {};
                           });
  integration::must(store->fold());
  std::map<std::string, std::pair<int, int>> answered;  // by kind: right, all
  for_each_line("../shared/data/temporal-questions/" + GetParam().file, [&](simdjson::dom::element line) {
    const Question question = question_of(line);
    const auto text = question_text(question, systems);
    ASSERT_TRUE(text.has_value());
    for (const query::Executor executor : executors) {
      std::string differs;
      try {
        differs = difference(rows_of(ask(*store, *text, executor)), expected_rows(line), 1e-9);
      } catch (const std::exception& error) {
        differs = error.what();
      }
      EXPECT_EQ(differs, "") << std::string_view(line["id"]) << ", " << name(executor) << "\n" << *text;
      auto& [right, all] = answered[question.kind];
      right += differs.empty(), ++all;
    }
  });
  for (const auto& [kind, counts] : answered)
    RecordProperty(kind, std::to_string(counts.first) + " of " + std::to_string(counts.second));
}

INSTANTIATE_TEST_SUITE_P(Over, TemporalQuestions,
                         testing::Values(Suite{"SyntheaEvents", "synthea.jsonl"}, Suite{"MedsMimic", "mimic.jsonl"}),
                         [](const auto& with) { return with.param.set; });

}  // namespace
}  // namespace chartline::suites
