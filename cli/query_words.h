// What the shell can complete: the words that may stand where the cursor is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chartline::cli {

// What there is beside the words of the language. Names as they are written, `@` and dots left out.
struct Vocabulary {
  std::vector<std::string> dot_commands;
  std::vector<std::string> output_forms;
  std::vector<std::string> code_lists;
  std::vector<std::string> cohorts;      // of the store and of the session
  std::vector<std::string> definitions;  // of the session: params, codes, lets
};

struct Candidates {
  std::size_t begin = 0;           // where the word that is being typed begins
  std::vector<std::string> words;  // what it may become, sorted, each once
};

// `before`: the line up to the cursor.
Candidates candidates(std::string_view before, const Vocabulary& vocabulary);

// What all candidates begin with.
std::string common_beginning(const std::vector<std::string>& words);

}  // namespace chartline::cli
