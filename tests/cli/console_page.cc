#include "tests/cli/console_page.h"

#include <regex>
#include <sstream>

namespace chartline::cli {
namespace {

constexpr const char* any_lines = "...";

void drop_last_blanks(std::vector<std::string>& lines) {
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
}

bool matches_from(const std::vector<std::string>& expected, std::size_t e, const std::vector<std::string>& actual,
                  std::size_t a) {
  for (; e < expected.size(); ++e, ++a) {
    if (expected[e] == any_lines) {
      for (std::size_t skip = a; skip <= actual.size(); ++skip)
        if (matches_from(expected, e + 1, actual, skip)) return true;
      return false;
    }
    if (a == actual.size() || expected[e] != actual[a]) return false;
  }
  return a == actual.size();
}

}  // namespace

std::vector<ConsoleStep> parse_page(const std::string& text) {
  std::vector<ConsoleStep> steps;
  std::vector<std::string> words;
  bool in_output = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("$ ")) {
      steps.push_back({std::move(words), line.substr(2), {}});
      words.clear();
      in_output = true;
    } else if (line.starts_with("# ") || !in_output) {
      words.push_back(line);
      in_output = false;
    } else {
      steps.back().output.push_back(line);
    }
  }
  for (ConsoleStep& step : steps) drop_last_blanks(step.output);
  return steps;
}

std::string print_page(const std::vector<ConsoleStep>& steps) {
  std::string text;
  for (const ConsoleStep& step : steps) {
    if (!text.empty()) text += "\n";
    for (const std::string& line : step.words) text += line + "\n";
    text += "$ " + step.command + "\n";
    for (const std::string& line : step.output) text += line + "\n";
  }
  return text;
}

std::string console_blocks(const std::string& markdown) {
  std::string text;
  bool inside = false;
  std::istringstream lines(markdown);
  for (std::string line; std::getline(lines, line);) {
    if (line == "```console") inside = true;
    else if (line == "```") inside = false;
    else if (inside) text += line + "\n";
  }
  return text;
}

std::string with_console_blocks(const std::string& markdown, const std::vector<ConsoleStep>& steps) {
  std::string text;
  bool inside = false;
  std::size_t step = 0;
  std::istringstream lines(markdown);
  for (std::string line; std::getline(lines, line);) {
    if (line == "```") inside = false;
    if (!inside) text += line + "\n";
    if (line == "```console") inside = true;
    if (!inside || !line.starts_with("$ ") || step == steps.size()) continue;
    text += line + "\n";
    for (const std::string& printed : steps[step].output) text += printed + "\n";
    ++step;
  }
  return text;
}

std::vector<std::string> Naming::lines_of(const std::string& output, int code) {
  static const std::regex hash("\\b[0-9a-f]{32}\\b"),
      time("\\b\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.(\\d{6}|\\d{3})Z"),
      backup("\\b\\d{4}-\\d\\d-\\d\\dT\\d{6}Z[-0-9]*");
  std::string named = std::regex_replace(std::regex_replace(output, time, "<time>"), backup, "<backup>");
  for (std::smatch found; std::regex_search(named, found, hash);) {
    const auto name = hashes_.try_emplace(found.str(), "<hash " + std::to_string(hashes_.size() + 1) + ">").first->second;
    named = found.prefix().str() + name + found.suffix().str();
  }
  std::vector<std::string> lines;
  std::istringstream text(named);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  drop_last_blanks(lines);
  if (code != 0) lines.push_back("[" + std::to_string(code) + "]");
  return lines;
}

bool matches(const std::vector<std::string>& expected, const std::vector<std::string>& actual) {
  return matches_from(expected, 0, actual, 0);
}

}  // namespace chartline::cli
