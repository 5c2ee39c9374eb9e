// The order of results.
#include "query/cell.h"

#include <gtest/gtest.h>

namespace chartline::query {
namespace {

TEST(Cells, StandInOneOrder) {
  const std::vector<Cell> ordered = {
      false,      true, -2.5,        std::int64_t{3}, 3.5,       "-20--11", "-10--1",  "0-9",
      "0.5 to 1", "9x", "10-19",     "90-99",         "100-109", "2015-03", "2015-04", std::string(400, '9'),
      "",         "-",  "icd10:E11", Missing{}};
  for (std::size_t i = 0; i < ordered.size(); ++i)
    for (std::size_t j = 0; j < ordered.size(); ++j)
      EXPECT_EQ(compare(ordered[i], ordered[j]), i <=> j) << print(ordered[i]) << " and " << print(ordered[j]);
}

}  // namespace
}  // namespace chartline::query
