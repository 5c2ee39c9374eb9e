#include "tests/architecture/include_map.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

namespace chartline::architecture {
namespace {

// Who may include whom, besides itself: lower folders first.
struct Folder {
  std::string_view path;
  std::vector<std::string_view> may_include;
};

const std::vector<Folder>& folders() {
  static const std::vector<Folder> all = {
      {"base", {}},
      {"formats/record", {"base"}},
      {"formats/stored", {"formats/record", "base"}},
      {"formats/wire", {"formats/record", "base"}},
      {"formats/exchange", {"formats/record", "base"}},
      {"formats/synth", {"formats/record", "base"}},
      {"engine", {"formats/stored", "formats/record", "base"}},
      {"query", {"engine", "formats/record", "base"}},
      {"server", {"query", "engine", "formats/wire", "formats/record", "base"}},
      {"clients", {"formats/wire", "formats/record", "base"}},
      {"cli", {"server", "clients", "query", "engine", "formats/exchange", "formats/synth", "formats/record", "base"}},
  };
  return all;
}

// Folders that may include anything.
bool is_free(std::string_view folder) { return folder == "tests" || folder == "bench"; }

// Headers of third parties that only some files may see: their prefix, and the prefixes of those files.
struct Reserved {
  std::string_view headers;
  std::vector<std::string_view> files;
  std::string_view ending;  // what those files' names end with
};

const std::vector<Reserved>& reserved() {
  static const std::vector<Reserved> all = {
      {"rocksdb/", {"engine/storage/rocks"}, ".cc"},
      {"kj/", {"server/", "clients/", "formats/wire/"}, ""},
      {"capnp/", {"server/", "clients/", "formats/wire/"}, ""},
  };
  return all;
}

bool is_within(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && path.substr(folder.size()).starts_with('/');
}

std::string at(const Include& include) { return include.file + ":" + std::to_string(include.line) + ": "; }

bool may_include(std::string_view from, std::string_view to) {
  if (from == to || is_free(from)) return true;
  const auto folder = std::ranges::find(folders(), from, &Folder::path);
  return folder != folders().end() && std::ranges::find(folder->may_include, to) != folder->may_include.end();
}

std::string complaint_about_own(const Include& include) {
  const std::string_view from = folder_of(include.file), to = folder_of(include.target);
  if (to.empty()) return at(include) + "\"" + include.target + "\" is not named from the project's root";
  if (!may_include(from, to)) return at(include) + std::string(from) + " may not include " + std::string(to);
  return {};
}

std::string complaint_about_foreign(const Include& include) {
  if (is_free(folder_of(include.file))) return {};
  for (const Reserved& rule : reserved()) {
    if (!include.target.starts_with(rule.headers)) continue;
    const bool allowed =
        include.file.ends_with(rule.ending) &&
        std::ranges::any_of(rule.files, [&](std::string_view prefix) { return include.file.starts_with(prefix); });
    if (!allowed) return at(include) + "<" + include.target + "> may not be seen here";
  }
  return {};
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_source(const std::filesystem::path& path) { return path.extension() == ".h" || path.extension() == ".cc"; }

bool is_left_out(const std::filesystem::path& folder) {
  const std::string name = folder.filename().string();
  return name.starts_with('.') || name.starts_with("build") || name == "node_modules";
}

}  // namespace

std::vector<Include> includes_in(std::string_view file, std::string_view text) {
  static constexpr std::string_view blank = " \t";
  std::vector<Include> found;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::string_view rest = line;
    const auto skip = [&](std::string_view word) {
      rest.remove_prefix(std::min(rest.find_first_not_of(blank), rest.size()));
      if (!rest.starts_with(word)) return false;
      rest.remove_prefix(word.size());
      return true;
    };
    if (!skip("#") || !skip("include") || !skip("") || rest.empty()) continue;
    const char close = rest.front() == '<' ? '>' : '"';
    const auto form = close == '>' ? Include::Form::angled : Include::Form::quoted;
    rest.remove_prefix(1);
    found.push_back({std::string(file), number, std::string(rest.substr(0, rest.find(close))), form});
  }
  return found;
}

std::vector<Include> includes_under(const std::filesystem::path& root) {
  std::set<std::filesystem::path> sources;
  for (auto entry = std::filesystem::recursive_directory_iterator(root); entry != std::filesystem::end(entry); ++entry) {
    if (entry->is_directory() && is_left_out(entry->path())) entry.disable_recursion_pending();
    if (entry->is_regular_file() && is_source(entry->path())) sources.insert(entry->path());
  }
  std::vector<Include> all;
  for (const std::filesystem::path& source : sources) {
    const std::vector<Include> found = includes_in(source.lexically_relative(root).generic_string(), text_of(source));
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

std::string_view folder_of(std::string_view path) {
  for (const Folder& folder : folders()) {
    if (is_within(path, folder.path)) return folder.path;
  }
  for (const std::string_view folder : {"tests", "bench"}) {
    if (is_within(path, folder)) return folder;
  }
  return {};
}

std::vector<std::string> complaints(const std::vector<Include>& includes) {
  std::vector<std::string> all;
  for (const Include& include : includes) {
    if (folder_of(include.file).empty()) {
      all.push_back(at(include) + "the file stands in no known folder");
      continue;
    }
    std::string complaint =
        include.form == Include::Form::quoted ? complaint_about_own(include) : complaint_about_foreign(include);
    if (!complaint.empty()) all.push_back(std::move(complaint));
  }
  return all;
}

std::vector<std::string> complaints_about_order(const std::vector<Include>& includes, const std::filesystem::path& root) {
  std::vector<std::string> all;
  std::string_view before;
  for (const Include& include : includes) {
    const bool is_first = include.file != before;
    before = include.file;
    const std::string own = include.file.substr(0, include.file.rfind('.')) + ".h";
    if (!is_first || !include.file.ends_with(".cc") || !std::filesystem::exists(root / own)) continue;
    if (include.target != own) all.push_back(at(include) + "its own header " + own + " comes first");
  }
  return all;
}

std::string draw(const std::vector<Include>& includes) {
  std::map<std::string_view, std::set<std::string_view>> arrows;
  for (const Include& include : includes) {
    const std::string_view from = folder_of(include.file), to = folder_of(include.target);
    if (include.form == Include::Form::quoted && !is_free(from) && !to.empty() && from != to) arrows[from].insert(to);
  }
  std::string drawing;
  for (const Folder& folder : folders()) {
    if (!arrows.contains(folder.path)) continue;
    drawing += std::string(folder.path) + std::string(18 - folder.path.size(), ' ') + "->";
    // In the order of the folders, so that the drawing reads from the ground up.
    for (const Folder& other : folders()) {
      if (arrows[folder.path].contains(other.path))
        drawing += (drawing.ends_with('>') ? " " : ", ") + std::string(other.path);
    }
    drawing += '\n';
  }
  return drawing;
}

}  // namespace chartline::architecture
