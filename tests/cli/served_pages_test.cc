// The commands of the pages, run twice: on a folder, and through a server over another folder with the same in it. Standard output
// and exit code are the same to the byte; standard error differs where it names the store, and where it tells more of a bulk load.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <regex>

#include "engine/store.h"
#include "server/server.h"
#include "tests/cli/console_page.h"
#include "tests/cli/scratch.h"

namespace chartline::cli {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// The store that all commands of a line work on, where each of them works on a server too.
std::optional<std::string> served_store(const std::string& command) {
  static const std::regex called(
      "chartline (import|codes [a-z]+|timeline|events|query|shell|cohort [a-z]+|changes|link|unlink|check|hash|inspect "
      "stats|[a-z]+)"),
      named("--store ([a-z0-9]+)");
  std::optional<std::string> store;
  for (std::sregex_iterator at(command.begin(), command.end(), named), end; at != end; ++at) {
    if (store && *store != (*at)[1]) return std::nullopt;
    store = (*at)[1];
  }
  static const std::vector<std::string> of_folders = {"init",    "backup",  "restore", "scrub",  "erase",
                                                      "inspect", "serve",   "demo",    "config", "completion",
                                                      "man",     "version", "help"};
  for (std::sregex_iterator at(command.begin(), command.end(), called), end; at != end; ++at)
    if (std::ranges::find(of_folders, (*at)[1]) != of_folders.end()) return std::nullopt;
  return store;
}

struct Outcome {
  std::string out, err;
  int code = 0;
};

// One of the two folders.
class Side {
 public:
  Outcome run(const std::string& command) const {
    const Scratch::Outcome all = scratch_.run("(\n" + command + "\n) 2> .stderr");
    Outcome outcome{all.output, text_of(scratch_.folder() / ".stderr"), all.code};
    replace_all(outcome.out, scratch_.folder().string(), "<folder>");
    replace_all(outcome.err, scratch_.folder().string(), "<folder>");
    return outcome;
  }
  // Through a server, for as long as the command runs; nothing where there is no sound store, or one in which nothing is yet: the
  // first import is a bulk load, of which the feed and the files tell.
  std::optional<Outcome> run_served(std::string command, const std::string& name, bool empty_too,
                                    const std::string& backups = "") const {
    const fs::path folder = scratch_.folder() / name;
    const auto store = fs::exists(folder) ? engine::Store::open(folder.string(), {}) : not_found("no folder");
    if (!store || (!empty_too && (*store)->stats().patients == 0)) return std::nullopt;
    server::OpenDoor door;
    server::ServerOptions options{.listen = "127.0.0.1:0"};
    if (!backups.empty()) options.backups = (scratch_.folder() / backups).string();
    const auto server = server::Server::start(**store, door, options);
    EXPECT_TRUE(server) << server.error().message;
    const std::string address = "127.0.0.1:" + std::to_string((*server)->port());
    replace_all(command, "--store " + name, "--server " + address);
    Outcome outcome = run(command);
    replace_all(outcome.err, "--server " + address, "--store " + name);  // in advice
    replace_all(outcome.err, address, name);
    EXPECT_TRUE((*store)->fold());  // as the background does soon
    return outcome;
  }

 private:
  const Scratch scratch_;
};

std::string named(const std::string& output, Naming& naming, bool is_error) {
  std::string text;
  for (const std::string& line : naming.lines_of(output, 0)) {
    if (is_error && line.starts_with("  against the demographics:")) continue;  // known of a bulk load only
    text += line + "\n";
  }
  return text;
}

class ServedPage : public testing::TestWithParam<std::string> {};

TEST_P(ServedPage, SaysTheSameThroughAServer) {
  auto steps = parse_page(text_of("tests/cli/pages/" + GetParam() + ".test"));
  ASSERT_FALSE(steps.empty());
  const Side folder, other;
  Naming folder_names, other_names, folder_error_names, other_error_names;
  int served = 0;
  for (ConsoleStep& step : steps) {
    if (step.command.find("dd ") != std::string::npos) break;  // from here on files are damaged, each side has its own
    // Times are as long as they are exact, so that a line is not cut at the same place.
    if (const std::size_t cut = step.command.find(" | cut -c"); cut != std::string::npos) step.command.resize(cut);
    const Outcome expected = folder.run(step.command);
    const auto store = served_store(step.command);
    auto through_server = store ? other.run_served(step.command, *store, GetParam() == "import") : std::nullopt;
    served += through_server ? 1 : 0;
    const Outcome actual = through_server ? std::move(*through_server) : other.run(step.command);
    EXPECT_EQ(actual.code, expected.code) << "$ " << step.command << "\n" << actual.err;
    EXPECT_EQ(named(actual.out, other_names, false), named(expected.out, folder_names, false))
        << "$ " << step.command << "\n"
        << actual.err;
    EXPECT_EQ(named(actual.err, other_error_names, true), named(expected.err, folder_error_names, true))
        << "$ " << step.command;
  }
  EXPECT_GT(served, 0) << "no command of the page was served";
}

INSTANTIATE_TEST_SUITE_P(Cli, ServedPage,
                         testing::Values("changes", "check", "codes", "cohort", "events", "hostile", "import",
                                         "inspect", "link", "query", "shell", "timeline"),
                         [](const auto& page) { return page.param; });

TEST(ServedPage, AServedStoreIsBackedUpByItsServer) {
  const Side side;
  ASSERT_EQ(
      side.run("chartline init --store care --quiet && chartline import --store care --quiet fixtures/clinic.csv").code,
      0);
  const std::string command = "chartline backup --store care --format csv | cut -d, -f 3-6";
  const auto made = side.run_served(command, "care", false, "backups");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->code, 0) << made->err;
  EXPECT_THAT(made->out, testing::StartsWith("files,bytes,new_files,new_bytes\n"));
  EXPECT_THAT(side.run("chartline audit show --store care --act backup --format csv | cut -d, -f 4,5").out,
              testing::HasSubstr("backup,done"));
  EXPECT_EQ(side.run("chartline restore backups --store copy --verify").code, 0);
  EXPECT_EQ(side.run("chartline hash --store copy").out, side.run("chartline hash --store care").out);
  const auto none = side.run_served("chartline backup --store care", "care", false);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->code, 7);
  EXPECT_THAT(none->err, testing::HasSubstr("serve --backups DIR"));
  const auto named = side.run_served("chartline backup --store care elsewhere", "care", false, "backups");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->code, 2);
}

TEST(ServedPage, AFolderAndAServerExcludeEachOther) {
  const Side side;
  const Outcome both = side.run("chartline events --store care --server 127.0.0.1:1");
  EXPECT_EQ(both.code, 2);
  EXPECT_THAT(both.err, testing::HasSubstr("--store and --server exclude each other"));
  // A flag counts before the environment.
  const Outcome flag = side.run("CHARTLINE_STORE=care chartline events --server 127.0.0.1:1");
  EXPECT_EQ(flag.code, 6);
  EXPECT_THAT(flag.err, testing::HasSubstr("no server listens at 127.0.0.1:1"));
  const Outcome folder = side.run("CHARTLINE_SERVER=127.0.0.1:1 chartline events --store nowhere");
  EXPECT_EQ(folder.code, 1);
}

}  // namespace
}  // namespace chartline::cli
