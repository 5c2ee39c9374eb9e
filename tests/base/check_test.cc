#include "base/check.h"

#include <gtest/gtest.h>

namespace chartline {
namespace {

TEST(Check, LetsPassWhatHolds) { check(1 + 1 == 2, "arithmetic"); }

TEST(CheckDeathTest, StopsAndSaysWhereAndWhat) {
  EXPECT_DEATH(check(false, "runs are ordered"),
               "broken invariant at .*check_test.cc:[0-9]+ in TestBody: runs are ordered");
}

}  // namespace
}  // namespace chartline
