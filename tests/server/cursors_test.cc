#include "server/cursors.h"

#include <gtest/gtest.h>

#include "tests/server/served_store.h"

namespace chartline::server {
namespace {

class CursorsTest : public ::testing::Test {
 protected:
  Reading reading() {
    return {.view = served_.store->view(), .patient = {}, .filter = {}, .details = {}, .words = nullptr};
  }

  ServedStore served_;
  FixedClock clock_{1'000'000'000};
  Cursors cursors_{2, 2, 60, clock_};
};

TEST_F(CursorsTest, LastForAWhile) {
  const std::string cursor = cursors_.keep("ann", reading());
  EXPECT_TRUE(cursors_.find("ann", cursor));
  EXPECT_FALSE(cursors_.find("ben", cursor));
  clock_.advance(59'999'999);
  EXPECT_TRUE(cursors_.find("ann", cursor));
  clock_.advance(1);
  EXPECT_FALSE(cursors_.find("ann", cursor));
}

TEST_F(CursorsTest, HoldNoMomentLongerThanTheyLast) {
  cursors_.keep("ann", reading());
  clock_.advance(60'000'000);
  EXPECT_EQ(cursors_.size(), 1u);
  cursors_.drop_expired();
  EXPECT_EQ(cursors_.size(), 0u);
}

TEST_F(CursorsTest, GiveWayToNewerOnes) {
  const std::string first = cursors_.keep("ann", reading()), second = cursors_.keep("ann", reading());
  const std::string third = cursors_.keep("ben", reading());
  EXPECT_FALSE(cursors_.find("ann", first));
  EXPECT_TRUE(cursors_.find("ann", second));
  EXPECT_TRUE(cursors_.find("ben", third));
  cursors_.clear();
  EXPECT_FALSE(cursors_.find("ann", second));
}

TEST_F(CursorsTest, OfOneUserGiveWayToThatUsersOwn) {
  Cursors cursors(10, 2, 60, clock_);
  const std::string first = cursors.keep("ann", reading()), second = cursors.keep("ann", reading());
  const std::string bens = cursors.keep("ben", reading());
  const std::string third = cursors.keep("ann", reading());
  EXPECT_FALSE(cursors.find("ann", first));
  EXPECT_TRUE(cursors.find("ann", second));
  EXPECT_TRUE(cursors.find("ann", third));
  EXPECT_TRUE(cursors.find("ben", bens));
  clock_.advance(60'000'000);
  cursors.drop_expired();
  EXPECT_EQ(cursors.size(), 0u);
  const std::string fourth = cursors.keep("ann", reading()), fifth = cursors.keep("ann", reading());
  EXPECT_TRUE(cursors.find("ann", fourth)) << "what has expired counts no more";
  EXPECT_TRUE(cursors.find("ann", fifth));
}

}  // namespace
}  // namespace chartline::server
