// A folder for one test in which the program runs: `data` and `fixtures` stand in it, and it is gone with the object.
#pragma once

#include <filesystem>
#include <string>

namespace chartline::cli {

class Scratch {
 public:
  // `environment`: further variables for what runs in it, as the shell writes them: "COLUMNS=110".
  explicit Scratch(std::string environment = "");
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& folder() const { return folder_; }

  struct Outcome {
    std::string output;  // standard output and standard error, as they came
    int code = 0;
  };
  // By the shell, in the folder, with `chartline` on the path and an environment that is the same everywhere.
  Outcome run(const std::string& command) const;
  void write(const std::string& name, const std::string& text) const;

 private:
  const std::string environment_;
  std::filesystem::path folder_;
};

}  // namespace chartline::cli
