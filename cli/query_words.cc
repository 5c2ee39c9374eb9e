#include "cli/query_words.h"

#include <algorithm>
#include <filesystem>

#include "formats/record/kind.h"
#include "formats/record/systems.h"
#include "query/words.h"

namespace chartline::cli {
namespace {

using Words = std::vector<std::string>;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

Candidates matching(std::size_t begin, std::string_view typed, const Words& words, std::string_view before = "") {
  Candidates found{begin, {}};
  for (const std::string& word : words)
    if (word.starts_with(typed)) found.words.push_back(std::string(before) + word);
  std::ranges::sort(found.words);
  const auto rest = std::ranges::unique(found.words);
  found.words.erase(rest.begin(), rest.end());
  return found;
}

template <typename Range>
void add(Words& words, const Range& more) {
  for (const auto& word : more) words.emplace_back(word);
}

Words files(std::string_view beginning) {
  namespace fs = std::filesystem;
  const fs::path path(beginning);
  Words words;
  std::error_code error;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name =
        (path.has_parent_path() ? path.parent_path() / entry.path().filename() : entry.path().filename()).string();
    words.push_back(entry.is_directory(error) ? name + "/" : name);
  }
  return words;
}

Candidates of_dot_command(std::string_view before, const Vocabulary& vocabulary) {
  const auto blank = before.find(' ');
  if (blank == std::string_view::npos) return matching(0, before, vocabulary.dot_commands);
  const std::size_t begin = before.rfind(' ') + 1;
  const std::string_view command = before.substr(0, blank), typed = before.substr(begin);
  if (command == ".mode") return matching(begin, typed, vocabulary.output_forms);
  if (command == ".timer") return matching(begin, typed, {"off", "on"});
  if (command == ".read") return matching(begin, typed, files(typed));
  if (command == ".codes") return matching(begin, typed, vocabulary.code_lists);
  if (command == ".cohorts") return matching(begin, typed, vocabulary.cohorts);
  return {begin, {}};
}

std::string_view last_word(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  std::size_t begin = text.size();
  while (begin > 0 && is_letter(text[begin - 1])) --begin;
  return text.substr(begin);
}

}  // namespace

Candidates candidates(std::string_view before, const Vocabulary& vocabulary) {
  if (before.starts_with('.') && !vocabulary.dot_commands.empty()) return of_dot_command(before, vocabulary);
  std::size_t begin = before.size();
  while (begin > 0 && is_letter(before[begin - 1])) --begin;
  const std::string_view typed = before.substr(begin);
  const char left = begin > 0 ? before[begin - 1] : ' ';
  if (left == '@') return matching(begin, typed, vocabulary.code_lists);
  if (left == ':') return {begin, {}};  // a code
  if (left == '.') {
    Words words;
    add(words, query::field_words);
    words.emplace_back("attr");
    return matching(begin, typed, words);
  }
  Words words;
  const std::string_view word_before = last_word(before.substr(0, begin));
  if (word_before == "in" || word_before == "of") {
    add(words, vocabulary.cohorts);
    if (!matching(begin, typed, words).words.empty()) return matching(begin, typed, words);
  }
  if (left == '[' || left == '{') {
    for (const record::System& system : record::systems()) words.push_back(std::string(system.name) + ":");
    add(words, vocabulary.definitions);
    return matching(begin, typed, words);
  }
  if (before.substr(0, begin).find_first_not_of(' ') == std::string_view::npos) words.emplace_back("as of");
  add(words, query::reserved_words);
  add(words, query::statement_words);
  for (const std::string_view function : query::function_words)
    if (function != "any" && !query::is_statement_word(function)) words.push_back(std::string(function) + "(");
  add(words, query::field_words);
  for (int k = 0; k < record::kind_count; ++k)
    words.push_back(std::string(record::name(static_cast<record::Kind>(k))) + "[");
  words.insert(words.end(), {"any[", "birth", "death", "sex"});
  add(words, vocabulary.cohorts);
  add(words, vocabulary.definitions);
  return matching(begin, typed, words);
}

std::string common_beginning(const std::vector<std::string>& words) {
  if (words.empty()) return {};
  std::string common = words.front();
  for (const std::string& word : words) {
    const auto differ = std::ranges::mismatch(common, word);
    common.erase(differ.in1, common.end());
  }
  return common;
}

}  // namespace chartline::cli
