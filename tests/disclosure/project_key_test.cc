// The key of a project, and the file that its secret stands in.
#include "engine/trust/project_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace chartline::engine {
namespace {

class KeyFile : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = (std::filesystem::temp_directory_path() / ("chartline-key-" + std::to_string(::getpid()))).string();
  }
  void TearDown() override { std::remove(path_.c_str()); }
  Result<ProjectKey::Secret> read(std::string_view content, mode_t mode = 0600) {
    std::ofstream(path_) << content;
    EXPECT_EQ(::chmod(path_.c_str(), mode), 0);
    return ProjectKey::read_secret(path_);
  }
  std::string path_;
  static constexpr std::string_view digits = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
};

TEST_F(KeyFile, HoldsHexadecimalDigitsOfASecret) {
  for (const std::string_view end : {"", "\n"}) {
    const auto secret = read(std::string(digits) + std::string(end));
    ASSERT_TRUE(secret) << secret.error().message;
    for (std::size_t i = 0; i < secret->size(); ++i) EXPECT_EQ((*secret)[i], i);
  }
}

TEST_F(KeyFile, IsItsOwnersAlone) {
  for (const mode_t mode : {0640U, 0604U, 0660U, 0644U}) {
    const auto secret = read(digits, mode);
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().fault, Fault::denied);
  }
}

TEST_F(KeyFile, HoldsNothingElse) {
  const std::string whole(digits);
  for (const std::string& content :
       {std::string(), whole.substr(2), whole + "20", whole + "\n\n", "zz" + whole.substr(2), " " + whole}) {
    const auto secret = read(content);
    ASSERT_FALSE(secret) << content;
    EXPECT_EQ(secret.error().fault, Fault::invalid_request);
    EXPECT_EQ(secret.error().message.find(whole.substr(4, 8)), std::string::npos) << "a message tells of the secret";
  }
  EXPECT_EQ(ProjectKey::read_secret(path_ + "-none").error().fault, Fault::not_found);
  EXPECT_EQ(ProjectKey::read_secret("/tmp").error().fault, Fault::invalid_request);
}

TEST(ProjectKey, OfEachProjectAndUseIsAnother) {
  const ProjectKey::Secret secret{1, 2, 3};
  const ProjectKey asthma(secret, "asthma"), falls(secret, "falls");
  EXPECT_EQ(asthma.hash("date", "x"), ProjectKey(secret, "asthma").hash("date", "x"));
  EXPECT_NE(asthma.hash("date", "x"), falls.hash("date", "x"));
  EXPECT_NE(asthma.hash("date", "x"), asthma.hash("figure", "x"));
  EXPECT_NE(asthma.hash("ab", "c"), asthma.hash("a", "bc"));
  EXPECT_NE(asthma.hash("date", "x"), ProjectKey({9}, "asthma").hash("date", "x"));
}

}  // namespace
}  // namespace chartline::engine
