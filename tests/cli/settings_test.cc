#include "cli/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/scratch.h"

namespace chartline::cli {
namespace {

using testing::HasSubstr;

Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

class Settings : public testing::Test {
 protected:
  Result<ConfigurationFile> read(const std::string& text) {
    scratch_.write("c.toml", text);
    return read_configuration(path());
  }
  std::string complaint(const std::string& text) {
    const auto file = read(text);
    return file ? "none" : file.error().message;
  }
  Result<Invocation> settled(const std::vector<std::string>& words, std::map<std::string, std::string> variables) {
    return settle(*parse_command_line(words), environment(std::move(variables)));
  }
  std::string path() const { return (scratch_.folder() / "c.toml").string(); }
  Scratch scratch_;
};

TEST_F(Settings, FlagOverEnvironmentOverFileOverDefault) {
  scratch_.write("c.toml", "store = \"of-file\"\nthreads = 3\nmemory = \"2G\"\n");
  const auto all = settled({"import", "x", "--config", path(), "--store", "of-flag"},
                           {{"CHARTLINE_STORE", "of-environment"}, {"CHARTLINE_THREADS", "5"}});
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->text("store"), "of-flag");
  EXPECT_EQ(all->setting("store").origin, "flag");
  EXPECT_EQ(all->number("threads"), 5u);
  EXPECT_EQ(all->setting("threads").origin, "environment CHARTLINE_THREADS");
  EXPECT_EQ(all->number("memory"), 2ull << 30);
  EXPECT_EQ(all->setting("memory").origin, "file " + path() + ", line 3");
  EXPECT_EQ(all->number("cache"), 384ull << 20);
  EXPECT_EQ(all->setting("cache").origin, "default");
  EXPECT_FALSE(all->given("source"));
}

TEST_F(Settings, TheEnvironmentMayNameTheFile) {
  scratch_.write("c.toml", "quiet = true\n");
  const auto all = settled({"import", "x"}, {{"CHARTLINE_CONFIG", path()}});
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_TRUE(all->on("quiet"));
}

TEST_F(Settings, TheFileOfTheHomeFolderIsFound) {
  std::filesystem::create_directories(scratch_.folder() / ".config/chartline");
  scratch_.write(".config/chartline/config.toml", "store = \"mine\"\n");
  const auto all = settled({"hash"}, {{"HOME", scratch_.folder().string()}});
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->text("store"), "mine");
}

TEST_F(Settings, AFileThatIsNamedMustExist) {
  const auto all = settled({"hash", "--config", "/nowhere/c.toml"}, {});
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().fault, Fault::not_found);
}

TEST_F(Settings, WhatTheFileSaysIsChecked) {
  EXPECT_EQ(complaint("threads = 2\n"), "none");
  EXPECT_THAT(complaint("\nthread = 2\n"), HasSubstr("line 2: there is no setting 'thread'; did you mean threads?"));
  EXPECT_THAT(complaint("threads = 0\n"), HasSubstr("line 1: threads: '0' is not a whole number from 1"));
  EXPECT_THAT(complaint("threads = -1\n"), HasSubstr("'-1' is not a whole number"));
  EXPECT_THAT(complaint("store = [\"a\"]\n"), HasSubstr("store takes text, a number, or true and false"));
  EXPECT_THAT(complaint("store = \"a\n"), HasSubstr("line 1: this is not TOML"));
  EXPECT_THAT(complaint("[import]\nthreads = 2\n"), HasSubstr("there is no setting 'import'"));
}

TEST_F(Settings, WhatTheEnvironmentSaysIsChecked) {
  const auto all = settled({"hash"}, {{"CHARTLINE_FORMAT", "jason"}});
  ASSERT_FALSE(all);
  EXPECT_THAT(all.error().message, HasSubstr("environment CHARTLINE_FORMAT: 'jason' is not one of"));
  EXPECT_THAT(all.error().message, HasSubstr("did you mean json?"));
}

TEST(Names, OfTheEnvironment) { EXPECT_EQ(environment_name("fold-delay"), "CHARTLINE_FOLD_DELAY"); }

}  // namespace
}  // namespace chartline::cli
