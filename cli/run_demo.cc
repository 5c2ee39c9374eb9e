// The demonstration: the same commands that a person would type, run one after the other in a folder of their own.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>

#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/program.h"
#include "cli/runs.h"
#include "engine/maintenance.h"

namespace chartline::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* sample_name = "synthea-fhir.tar.xz";
constexpr const char* sample_query = "heart.query";
constexpr const char* sample_patient = "ccc11b20-cd0d-4197-8b25-6a01fce1372e";

struct Step {
  std::string_view story;
  std::vector<std::string> words;
};

std::vector<Step> steps() {
  const std::string sample = sample_name, patient = sample_patient;
  return {
      {"A store is a folder.", {"init", "--store", "care"}},
      {"Sixteen synthetic people, as FHIR bundles in an archive. The format is recognised.",
       {"import", "--store", "care", sample}},
      {"The last weeks of one of them: encounters with what happened in them, values with their trend.",
       {"timeline", "--store", "care", patient, "--from", "2020-02"}},
      {"One measurement over the years.",
       {"timeline", "--store", "care", patient, "--code", "loinc:2085-9", "--from", "2012"}},
      {"The same for a program, with every field.",
       {"timeline", "--store", "care", patient, "--kind", "death", "--format", "json"}},
      {"Now over everyone: what the store holds.", {"query", "--store", "care", "-e", "tally any[*] by kind"}},
      {"A question that is kept in a file: who has heart disease, and who of them is seen to?",
       {"query", "--store", "care", "-f", sample_query}},
      {"A cohort is kept under its name ...", {"cohort", "save", "cardiac", "--store", "care", sample_query}},
      {"... and known to every later question.",
       {"query", "--store", "care", "-e", "count in cardiac by sex, band(age(2015-01-01), 20)"}},
      {"The content has a hash ...", {"hash", "--store", "care"}},
      {"... and importing the same again ...", {"import", "--store", "care", sample}},
      {"... leaves it as it is.", {"hash", "--store", "care"}},
      {"Every index is rebuilt in memory and compared with what is stored.", {"check", "--store", "care", "--deep"}},
      {"A backup is a copy that was read back.", {"backup", "--store", "care", "backups"}},
      {"A restored store is checked too ...", {"restore", "backups", "--store", "restored", "--verify"}},
      {"... and has the same hash.", {"hash", "--store", "restored"}},
  };
}

// Beside the installed program, or in the source tree above the program or above the current folder.
std::optional<fs::path> find_sample() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  const fs::path installed = program.parent_path() / "share" / "chartline" / "sample" / sample_name;
  if (fs::exists(installed, error)) return installed;
  for (const fs::path& start : {program, fs::current_path(error)}) {
    for (fs::path folder = start; !folder.empty(); folder = folder.parent_path()) {
      const fs::path sample = folder / "data" / "sample" / sample_name;
      if (fs::exists(sample, error)) return sample;
      if (folder == folder.root_path()) break;
    }
  }
  return std::nullopt;
}

// A folder to work in, taken away at the end unless it was named by the person.
class Workplace {
 public:
  static Result<std::unique_ptr<Workplace>> make(const std::optional<std::string>& keep) {
    std::error_code error;
    if (keep) {
      if (fs::exists(*keep, error))
        return conflict("--keep " + *keep + ": there is something here already\nname a new folder");
      if (!fs::create_directories(*keep, error)) return unavailable("--keep " + *keep + ": the folder cannot be made");
      return std::unique_ptr<Workplace>(new Workplace(fs::absolute(*keep), true));
    }
    std::string name = (fs::temp_directory_path(error) / "chartline-demo-XXXXXX").string();
    if (error || mkdtemp(name.data()) == nullptr) return unavailable("a temporary folder cannot be made");
    return std::unique_ptr<Workplace>(new Workplace(name, false));
  }
  ~Workplace() {
    std::error_code ignored;
    fs::current_path(before_, ignored);
    if (!keep_) fs::remove_all(folder_, ignored);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  // Copies the sample and the query beside it there, and goes there.
  Result<void> enter(const fs::path& sample) const {
    std::error_code error;
    for (const char* name : {sample_name, sample_query})
      if (!error) fs::copy_file(sample.parent_path() / name, folder_ / name, error);
    if (!error) fs::current_path(folder_, error);
    if (error) return unavailable("the sample cannot be copied to the folder of the demonstration");
    return {};
  }

 private:
  Workplace(fs::path folder, bool keep) : folder_(std::move(folder)), keep_(keep) {}
  const fs::path before_ = fs::current_path();
  const fs::path folder_;
  const bool keep_;
};

// As a person would type it for the shell.
std::string typed_word(const std::string& word) {
  const bool plain = word.find_first_of(" *()[]<>;'\"|&$#") == std::string::npos;
  return plain ? word : "'" + word + "'";
}

Result<void> take(const Step& step, Console& console) {
  std::string typed = "chartline";
  for (const std::string& word : step.words) typed += " " + typed_word(word);
  TRY(console.write("\n" + std::string(step.story) + "\n" + paint("$ " + typed, Ink::cyan, console.out()) + "\n"));
  TRY(console.flush());
  const int code = run_program(step.words, console);
  TRY(stop_if_interrupted());
  if (code != exit_ok)
    return unavailable(fmt::format("the demonstration ends here: '{}' failed with exit code {}", typed, code));
  return console.flush();
}

Result<Hash128> hash_of(const std::string& folder) {
  const auto store = TRY(engine::Store::open(folder, {.read_only = true}));
  return engine::content_hash(*store, false);
}

// Every hash that the story shows must be the first one.
Result<void> take_all(Console& console) {
  std::optional<Hash128> first;
  for (const Step& step : steps()) {
    TRY(take(step, console));
    if (step.words.front() != "hash") continue;
    const Hash128 hash = TRY(hash_of(step.words.back()));
    if (!first) first = hash;
    if (hash != *first)
      return corrupt("the demonstration ends here: the hash of " + step.words.back() + " has changed");
  }
  return {};
}

}  // namespace

Result<void> run_demo(const Invocation& invocation, Console& console) {
  const auto sample = find_sample();
  if (!sample)
    return advise(not_found(fmt::format("the sample data/sample/{} is not to be found", sample_name)),
                  "run it in the source tree, or install chartline");
  const auto keep = invocation.given("keep");
  const auto workplace = TRY(Workplace::make(keep));
  TRY(workplace->enter(*sample));
  TRY(console.write(paint("Chartline keeps the events of people's health and care, shows them in the order of time, "
                          "and answers questions.",
                          Ink::bold, console.out()) +
                    "\n"));
  TRY(take_all(console));
  TRY(console.write(
      paint("\nThe hashes are equal: the content is the same, and nothing was lost.\n", Ink::green, console.out())));
  return console.write(keep ? "Everything is kept in " + *keep + ". Next: chartline help\n"
                            : std::string("Everything made here is taken away again. Next: chartline help\n"));
}

}  // namespace chartline::cli
