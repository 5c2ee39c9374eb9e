#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chartline::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<CommandLine> parse(std::vector<std::string> words) { return parse_command_line(words); }

std::string complaint(std::vector<std::string> words) {
  const auto line = parse(std::move(words));
  if (line) return "none";
  EXPECT_EQ(line.error().fault, Fault::invalid_request);
  return line.error().message;
}

TEST(CommandLine, TakesFlagsAndArgumentsInAnyOrder) {
  const auto line = parse({"import", "a", "--store", "care", "b", "--strict", "--report=p.ndjson"});
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(line->command->name, "import");
  EXPECT_THAT(line->arguments, ElementsAre("a", "b"));
  EXPECT_THAT(line->flags.at("store"), ElementsAre("care"));
  EXPECT_THAT(line->flags.at("report"), ElementsAre("p.ndjson"));
  EXPECT_TRUE(line->flags.contains("strict"));
}

TEST(CommandLine, KnowsCommandsOfTwoWords) {
  EXPECT_EQ(parse({"config", "show"})->command->name, "config show");
  EXPECT_EQ(parse({"inspect", "run", "p"})->command->name, "inspect run");
  EXPECT_THAT(complaint({"config"}), HasSubstr("config needs one of: show"));
  EXPECT_THAT(complaint({"inspect", "stat"}), HasSubstr("did you mean stats?"));
}

TEST(CommandLine, ADashAloneAndWhatFollowsTwoAreArguments) {
  EXPECT_THAT(parse({"import", "-"})->arguments, ElementsAre("-"));
  EXPECT_THAT(parse({"timeline", "--", "--odd"})->arguments, ElementsAre("--odd"));
}

TEST(CommandLine, RepeatedOptionsKeepEveryValue) {
  EXPECT_THAT(parse({"events", "--kind", "condition", "--kind", "death"})->flags.at("kind"),
              ElementsAre("condition", "death"));
  EXPECT_THAT(complaint({"events", "--from", "2019", "--from", "2020"}), HasSubstr("--from is given twice"));
}

TEST(CommandLine, KnowsLettersOfTheFewThatHaveOne) {
  EXPECT_THAT(parse({"query", "-e", "count true", "-f", "a"})->flags.at("text"), ElementsAre("count true"));
  EXPECT_THAT(complaint({"query", "-e"}), HasSubstr("--text needs a value"));
  EXPECT_THAT(complaint({"query", "-ex"}), HasSubstr("there is no option -ex"));
}

TEST(CommandLine, SaysWhatWasMeant) {
  EXPECT_THAT(complaint({"tmeline"}), HasSubstr("did you mean timeline?"));
  EXPECT_THAT(complaint({"timeline", "p", "--form", "x"}), HasSubstr("did you mean --from?"));
  EXPECT_THAT(complaint({"timeline", "p", "--store"}), HasSubstr("--store needs a value: --store DIR"));
  EXPECT_THAT(complaint({"check", "--deep=yes"}), HasSubstr("--deep takes no value"));
  EXPECT_THAT(complaint({"check", "-d"}), HasSubstr("options are whole words"));
  EXPECT_THAT(complaint({"--store", "x"}), HasSubstr("the command comes first"));
  EXPECT_THAT(complaint({"timeline"}), HasSubstr("needs PATIENT"));
  EXPECT_THAT(complaint({"timeline", "a", "b"}), HasSubstr("does not take 'b'"));
  EXPECT_THAT(complaint({"completion", "basch"}), HasSubstr("did you mean bash?"));
}

TEST(CommandLine, HelpNeedsNothingElse) {
  EXPECT_TRUE(parse({"timeline", "--help"})->help);
  EXPECT_EQ(parse({})->command->name, "help");
  EXPECT_EQ(parse({"--help"})->command->name, "help");
  EXPECT_EQ(parse({"--version"})->command->name, "version");
}

const Option& option(std::string_view command, std::string_view name) {
  for (const Option* o : find_command(command)->options)
    if (o->name == name) return *o;
  ADD_FAILURE() << "no option " << name;
  static const Option none{};
  return none;
}

TEST(Value, IsCheckedAgainstTheTable) {
  EXPECT_TRUE(check_value(option("init", "shards"), "8", "flag"));
  EXPECT_FALSE(check_value(option("init", "shards"), "0", "flag"));
  EXPECT_FALSE(check_value(option("init", "shards"), "4097", "flag"));
  EXPECT_FALSE(check_value(option("import", "memory"), "1M", "flag"));
  EXPECT_FALSE(check_value(option("init", "store"), "", "flag"));
  EXPECT_EQ(check_value(option("import", "format"), "fihr", "flag").error().message,
            "--format: 'fihr' is not one of fhir, omop, synthea, meds, events, terminology; did you mean fhir?");
  EXPECT_EQ(check_value(option("init", "shards"), "many", "environment CHARTLINE_SHARDS").error().message,
            "environment CHARTLINE_SHARDS: 'many' is not a whole number from 1 to 4,096");
}

// The table itself: what help, man page and completion rely on.
TEST(Table, IsWellFormed) {
  for (const Command& command : commands()) {
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_FALSE(command.summary.ends_with('.')) << command.name;
    EXPECT_FALSE(command.examples.empty()) << command.name;
    EXPECT_NE(command.run, nullptr) << command.name;
    for (const Option* o : command.options) {
      EXPECT_FALSE(o->help.empty()) << o->name;
      EXPECT_EQ(o->value.empty(), o->takes == Takes::nothing) << o->name;
      EXPECT_EQ(o->words.empty(), o->takes != Takes::word) << o->name;
      if (!o->fallback.empty()) {
        EXPECT_TRUE(check_value(*o, o->fallback, "default")) << o->name;
      }
      for (const Option* common : common_options()) EXPECT_NE(o->name, common->name);
    }
    for (const Example& example : command.examples)
      EXPECT_THAT(std::string(example.command), HasSubstr(std::string("chartline ").append(command.name)));
  }
}

TEST(Table, EveryExampleParses) {
  for (const Command& command : commands()) {
    for (const Example& example : command.examples) {
      const auto at =
          example.command.find(std::string("chartline ").append(command.name)) + std::string_view("chartline ").size();
      std::vector<std::string> words;
      std::string word;
      bool quoted = false;
      for (const char c : std::string(example.command.substr(at)) + " ") {
        if (!quoted && (c == '>' || c == '<' || c == '|' || c == ')')) break;
        if (c == '\'') quoted = !quoted;
        else if (c != ' ' || quoted) word += c;
        else if (!word.empty()) words.push_back(std::exchange(word, {}));
      }
      if (!word.empty()) words.push_back(word);
      const auto line = parse(words);
      EXPECT_TRUE(line) << example.command << ": " << (line ? "" : line.error().message);
      if (line) {
        EXPECT_EQ(line->command, &command) << example.command;
      }
    }
  }
}

}  // namespace
}  // namespace chartline::cli
