#include "formats/wire/failure.h"

#include <gtest/gtest.h>

namespace chartline::wire {
namespace {

TEST(Failure, TravelsAndComesBack) {
  for (int fault = 1; fault <= static_cast<int>(Fault::unsupported); ++fault) {
    const Error sent{static_cast<Fault>(fault), "run 12: byte 4096: checksum differs"};
    const Error come = read_failure("remote exception: " + failure_text(sent));
    EXPECT_EQ(come.fault, sent.fault);
    EXPECT_EQ(come.message, sent.message);
  }
}

TEST(Failure, OfSomebodyElseIsABrokenConnection) {
  for (const char* text : {"", "Peer disconnected.", "chartline: ", "chartline: sorry: no", "chartline: denied"})
    EXPECT_EQ(read_failure(text).fault, Fault::unavailable) << text;
}

}  // namespace
}  // namespace chartline::wire
