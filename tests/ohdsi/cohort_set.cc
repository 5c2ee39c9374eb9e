#include "tests/ohdsi/cohort_set.h"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace chartline::ohdsi {
namespace {

const std::string folder = "../shared/data/";

}  // namespace

bool is_present() { return std::filesystem::exists(gibleed()); }
std::string gibleed() { return folder + "omop-gibleed"; }

CohortSet read_cohorts(const std::string& set) {
  CohortSet read;
  for (const auto& entry :
       std::filesystem::directory_iterator(folder + set + (set.ends_with("cohorts") ? "/cohorts" : ""))) {
    if (entry.path().extension() != ".json") continue;
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    read.definitions[std::stoi(entry.path().stem().string())] = text.str();
  }
  std::ifstream expected(folder + set + "/expected_gibleed.csv");
  std::string line;
  std::getline(expected, line);
  while (std::getline(expected, line)) {
    std::istringstream cells(line);
    std::string id, person, start, end;
    std::getline(cells, id, ','), std::getline(cells, person, ','), std::getline(cells, start, ',');
    std::getline(cells, end, ',');
    read.rows[std::stoi(id)].emplace(person, start, end);
  }
  return read;
}

}  // namespace chartline::ohdsi
