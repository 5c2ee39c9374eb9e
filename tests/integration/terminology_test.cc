// Hierarchies and mappings of a real OMOP vocabulary, as queries look them up.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "engine/terminology_reader.h"
#include "formats/exchange/csv.h"
#include "tests/integration/importing.h"
#include "tests/integration/must.h"
#include "tests/integration/scratch_store.h"

namespace chartline::integration {
namespace {

namespace fs = std::filesystem;
using engine::TerminologyReader;
using CodeName = TerminologyReader::CodeName;

const fs::path folder = "../shared/data/omop-gibleed";

// Rows of two columns.
std::vector<std::pair<std::string, std::string>> pairs_of(const std::string& table, const std::string& first,
                                                          const std::string& second) {
  const std::string path = (folder / (table + ".csv")).string();
  auto inputs = must(exchange::Inputs::open(std::span(&path, 1)));
  auto csv = must(exchange::Csv::open(*must(inputs.next())));
  std::vector<std::pair<std::string, std::string>> pairs;
  while (must(csv.next())) pairs.emplace_back(csv[*csv.column(first)], csv[*csv.column(second)]);
  return pairs;
}

TEST(Terminology, EveryAncestorOfAnOmopVocabularyHasItsDescendants) {
  if (!fs::exists(folder)) GTEST_SKIP() << "skipped: ../shared/data is absent";
  ScratchStore store(Where::memory);
  std::vector<std::string> paths;
  for (const char* table : {"concept", "concept_ancestor", "concept_relationship"})
    paths.push_back((folder / (std::string(table) + ".csv")).string());
  import_into(*store, exchange::Format::omop, paths);

  const TerminologyReader reader = must(TerminologyReader::open(*store, ""));
  const auto code = [&](const std::string& id) {
    const auto codes = must(reader.codes_of_concept(id));
    EXPECT_LE(codes.size(), 1u);
    return codes.empty() ? CodeName{"omop", id} : codes.front();
  };
  std::map<CodeName, std::set<CodeName>> below;
  std::size_t pairs = 0;
  for (const auto& [ancestor, descendant] : pairs_of("concept_ancestor", "ancestor_concept_id", "descendant_concept_id"))
    if (ancestor != descendant) below[code(ancestor)].insert(code(descendant)), ++pairs;
  ASSERT_GT(pairs, 100u);
  for (const auto& [ancestor, descendants] : below) {
    const auto found = must(reader.descendants(ancestor.first, ancestor.second));
    // These and no more: the table leaves out what some classes are not meant to take in, and is not followed.
    EXPECT_EQ(found, std::vector<CodeName>(descendants.begin(), descendants.end()))
        << ancestor.first << ":" << ancestor.second;
  }
}

}  // namespace
}  // namespace chartline::integration
