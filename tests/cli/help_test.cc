#include "cli/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/settings.h"
#include "cli/text.h"
#include "tests/cli/scratch.h"

namespace chartline::cli {
namespace {

using testing::HasSubstr;

constexpr Look plain{.utf8 = true, .width = 100};

TEST(Help, LeadsWithExamplesAndFitsTheWidth) {
  for (const Command& command : commands()) {
    const std::string help = help_of(command, plain);
    EXPECT_LT(help.find("Examples\n"), help.find("Usage\n")) << command.name;
    for (const Option* option : command.options) EXPECT_THAT(help, HasSubstr(std::string("--").append(option->name)));
    EXPECT_THAT(overview(plain), HasSubstr(std::string(command.summary)));
  }
}

TEST(Help, IsColouredOnlyWhereAsked) {
  Look colour = plain;
  colour.colour = true;
  EXPECT_THAT(help_of(commands()[0], colour), HasSubstr("\x1b["));
  EXPECT_THAT(help_of(commands()[0], plain), testing::Not(HasSubstr("\x1b[")));
}

// As the manual page writes it.
std::string escaped(std::string_view name) {
  std::string text;
  for (const char c : name) text += c == '-' ? std::string("\\-") : std::string(1, c);
  return text;
}

TEST(ManPage, TellsEveryCommandOptionAndSetting) {
  const std::string page = man_page();
  for (const Command& command : commands()) {
    std::string name(command.name);
    EXPECT_THAT(page, HasSubstr(".SS chartline " + escaped(name)));
    for (const Option* option : command.options) {
      EXPECT_THAT(page, HasSubstr("\\fB\\-\\-" + escaped(option->name) + "\\fR")) << name;
    }
  }
  for (const Option* option : all_settings()) EXPECT_THAT(page, HasSubstr(environment_name(option->setting)));
}

TEST(ManPage, NoLineIsTakenForAnUnknownRequest) {
  const std::vector<std::string> known = {".TH", ".SH", ".SS", ".TP", ".PP", ".RS", ".RE", ".nf", ".fi"};
  std::string line;
  for (const char c : man_page()) {
    if (c != '\n') {
      line += c;
      continue;
    }
    if (line.starts_with('.')) {
      EXPECT_THAT(known, testing::Contains(line.substr(0, 3))) << line;
    }
    EXPECT_FALSE(line.starts_with('\'')) << line;
    line.clear();
  }
}

// What bash would offer for a line that ends at its last word.
std::string bash_offers(const Scratch& scratch, const std::string& line) {
  const auto outcome = scratch.run("bash -c 'source <(chartline completion bash); COMP_WORDS=(" + line +
                                   "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _chartline; echo \"${COMPREPLY[@]}\"'");
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  return outcome.output;
}

TEST(Completion, OfBashOffersCommandsOptionsAndWords) {
  const Scratch scratch;
  EXPECT_EQ(bash_offers(scratch, "chartline ti"), "timeline\n");
  EXPECT_EQ(bash_offers(scratch, "chartline inspect \"\""), "stats run key\n");
  EXPECT_EQ(bash_offers(scratch, "chartline inspect stats --st"), "--store\n");
  EXPECT_EQ(bash_offers(scratch, "chartline import --format fh"), "fhir\n");
  EXPECT_EQ(bash_offers(scratch, "chartline completion z"), "zsh\n");
  EXPECT_EQ(bash_offers(scratch, "chartline check --de"), "--deep\n");
}

TEST(Completion, OfEveryShellKnowsEveryOption) {
  for (const Shell shell : {Shell::bash, Shell::zsh, Shell::fish}) {
    const std::string script = completion(shell);
    for (const Command& command : commands())
      for (const Option* option : command.options)
        EXPECT_THAT(script, HasSubstr((shell == Shell::fish ? "-l " : "--") + std::string(option->name)));
  }
}

TEST(Usage, NamesStoreAndArguments) {
  EXPECT_EQ(usage_line(*find_command("import")), "chartline import --store DIR [OPTION...] PATH...");
  EXPECT_EQ(usage_line(*find_command("version")), "chartline version");
  EXPECT_EQ(usage_line(*find_command("help")), "chartline help [COMMAND...]");
}

}  // namespace
}  // namespace chartline::cli
