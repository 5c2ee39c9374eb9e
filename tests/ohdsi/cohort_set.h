// Cohort definitions with the rows that OHDSI's own SQL gives for them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>

namespace chartline::ohdsi {

using Row = std::tuple<std::string, std::string, std::string>;  // person, start, end
using Rows = std::multiset<Row>;

struct CohortSet {
  std::map<int, std::string> definitions;  // circe JSON by id
  std::map<int, Rows> rows;
};

bool is_present();  // ../shared/data
std::string gibleed();
// "ohdsi-phenotype-cohorts", with the definitions in a folder `cohorts`; or a folder that holds definitions and rows.
CohortSet read_cohorts(const std::string& set);

}  // namespace chartline::ohdsi
