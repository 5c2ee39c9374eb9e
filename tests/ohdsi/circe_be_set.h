// circe's own test data: small OMOP tables, and the rows that are expected of a definition.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/exchange/scratch_file.h"
#include "tests/ohdsi/cohort_set.h"

namespace chartline::ohdsi {

using Fields = std::map<std::string, std::string>;          // of a row, by column; null is left out
using Tables = std::map<std::string, std::vector<Fields>>;  // by name, as in "cdm.person"

std::string circe_be(const std::string& file);  // its path
std::string text_of(const std::string& path);
Tables read_tables(const std::string& path);
void write_tables(const Tables& tables, const exchange::ScratchFolder& folder);  // those of the model, as CSV

// Rows of cohorts by definition, of a table with subject_id; or of events, in one set by 0, of one with person_id.
std::map<int, Rows> cohorts_of(const Tables& tables, const std::string& table);
// The concept sets that a table `codesets` holds, as circe's JSON.
std::string concept_sets_of(const std::vector<Fields>& codesets);

}  // namespace chartline::ohdsi
