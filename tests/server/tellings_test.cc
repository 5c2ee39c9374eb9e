// What a server of a test tells is kept, so that the search for the canary has something to search.
#include <capnp/pretty-print.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/server/by_policy.h"
#include "tests/server/served_store.h"

namespace chartline::server {
namespace {

std::string all_in(const std::filesystem::path& folder, const std::string& kind) {
  std::ifstream in(folder / (kind + "-" + std::to_string(getpid()) + ".txt"));
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Tellings, AreLogsMetricsAndErrorsOfServersWithCanariesInTheirRecords) {
  const char* const before = std::getenv("CHARTLINE_TELLINGS");
  const std::string kept = before ? before : "";
  std::string place = (std::filesystem::temp_directory_path() / "tellings-XXXXXX").string();
  ASSERT_NE(mkdtemp(place.data()), nullptr);
  setenv("CHARTLINE_TELLINGS", place.c_str(), 1);
  {
    ServedStore served;
    served.observe("ann", "pain", 2);
    capnp::EzRpcClient client(served.address());
    auto session = log_in(client, "", "", "");
    const auto asked = [&](const std::string& patient) {
      return outcome(client.getWaitScope(), [&] {
        auto request = session.timelineRequest();
        request.setPatient(patient);
        request.setFields(wire::Fields::WHOLE);
        return request.send().then(
            [](auto page) { return std::string(capnp::prettyPrint(page.getEvents()).flatten().cStr()); });
      });
    };
    EXPECT_NE(asked("bird|" + std::string(canary) + "-ann").second.find(canary), std::string::npos)
        << "it is in the record";
    EXPECT_EQ(asked("bird|" + std::string(canary) + "-zed").first, "not_found");
  }
  if (before) {
    setenv("CHARTLINE_TELLINGS", kept.c_str(), 1);
  } else {
    unsetenv("CHARTLINE_TELLINGS");
  }
  EXPECT_NE(all_in(place, "log").find("\"event\":\"login\""), std::string::npos);
  EXPECT_NE(all_in(place, "metrics").find("chartline_logins_total 1"), std::string::npos) << all_in(place, "metrics");
  EXPECT_NE(all_in(place, "error").find("no patient is seen"), std::string::npos);
  for (const std::string kind : {"log", "metrics", "error"})
    EXPECT_EQ(all_in(place, kind).find(canary), std::string::npos);
  std::filesystem::remove_all(place);
}

}  // namespace
}  // namespace chartline::server
