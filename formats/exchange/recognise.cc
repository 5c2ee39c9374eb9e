// 1. List the files. What a name tells is taken (person.csv, patients.csv, *.json); other files are opened.
// 2. An opened file is recognised by its first bytes, an archive by its first members.
// 3. All files that are recognised must agree; files of no known format do not matter.
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>

#include "formats/exchange/cell.h"
#include "formats/exchange/csv.h"
#include "formats/exchange/input.h"
#include "formats/exchange/reader.h"

namespace chartline::exchange {
namespace {

constexpr int members_looked_at = 32;

// "a/b.tar.xz:c/PERSON.csv.gz" -> "person.csv"
std::string plain_name(std::string_view path) {
  std::string name = lower(path.substr(path.find_last_of("/:") + 1));
  constexpr std::array<std::string_view, 4> wrappings = {".gz", ".xz", ".zst", ".bz2"};
  for (const auto wrapping : wrappings)
    if (name.ends_with(wrapping)) return name.substr(0, name.size() - wrapping.size());
  return name;
}

std::optional<Format> by_name(std::string_view path) {
  const std::string name = plain_name(path);
  if (name == "person.csv") return Format::omop;
  if (name == "patients.csv") return Format::synthea;
  if (name.ends_with(".json") || name.ends_with(".ndjson") || name.ends_with(".jsonl")) return Format::fhir;
  return std::nullopt;
}

std::optional<Format> by_header(const Csv& csv) {
  const auto has = [&](std::string_view column) { return csv.column(column).has_value(); };
  if (has("subject_id") && has("time") && has("code")) return Format::meds;
  if (has("patient") && has("time") && has("code")) return Format::events;
  if ((has("code") || has("child")) && (has("parent") || has("maps_to"))) return Format::terminology;
  for (const auto column : {"person_id", "concept_id", "concept_id_1", "ancestor_concept_id"})
    if (has(column)) return Format::omop;
  if (has("patient") && (has("start") || has("date")) && (has("encounter") || has("payer"))) return Format::synthea;
  return std::nullopt;
}

// JSON, or CSV with a telling header.
std::optional<Format> by_content(Input& input) {
  const auto first = input.next();
  if (!first) return std::nullopt;
  std::string bytes(*first);
  std::string_view text = bytes;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  text = trimmed(text);
  if (text.starts_with('{') || text.starts_with('[')) return Format::fhir;
  MemoryInput head(input.name(), std::move(bytes));
  const auto csv = Csv::open(head);
  return csv ? by_header(*csv) : std::nullopt;
}

struct Seen {
  Format format;
  std::string name;
};

Result<std::optional<Seen>> look_into(const std::string& file) {
  if (const auto format = by_name(file)) return std::optional<Seen>({*format, file});
  auto inputs = TRY(Inputs::open(std::span(&file, 1)));
  for (int i = 0; i < members_looked_at; ++i) {
    Input* input = TRY(inputs.next());
    if (input == nullptr) break;
    auto format = by_name(input->name());
    if (!format) format = by_content(*input);
    if (format) return std::optional<Seen>({*format, input->name()});
  }
  return std::optional<Seen>();
}

std::string some_names(const std::vector<std::string>& files) {
  constexpr std::size_t shown = 3;
  std::string names;
  for (std::size_t i = 0; i < std::min(shown, files.size()); ++i) names.append(i == 0 ? "" : ", ").append(files[i]);
  if (files.size() > shown) names += " and " + std::to_string(files.size() - shown) + " more";
  return names.empty() ? "no file at all" : names;
}

}  // namespace

Result<Recognised> recognise(std::span<const std::string> paths) {
  if (std::find(paths.begin(), paths.end(), "-") != paths.end()) {
    return Recognised{std::nullopt, "the format of standard input is not guessed: name it"};
  }
  for (const std::string& path : paths) {
    // What is looked into is gone from a pipe.
    std::error_code failed;
    const auto kind = std::filesystem::status(path, failed).type();
    if (kind == std::filesystem::file_type::fifo || kind == std::filesystem::file_type::character ||
        kind == std::filesystem::file_type::socket)
      return Recognised{std::nullopt, path + " can be read once, so that its format is not guessed: name it"};
  }
  const auto inputs = TRY(Inputs::open(paths));
  std::map<Format, std::string> seen;  // and the first file that showed it
  for (const std::string& file : inputs.files()) {
    if (const auto found = TRY(look_into(file))) seen.emplace(found->format, found->name);
  }
  if (seen.empty()) {
    return Recognised{std::nullopt,
                      "none of the formats fhir, omop, synthea, meds, events and terminology is recognised in " +
                          some_names(inputs.files())};
  }
  if (seen.size() > 1) {
    std::string all;
    for (const auto& [format, file] : seen)
      all.append(all.empty() ? "" : ", ").append(name(format)).append(" (" + file + ")");
    return Recognised{std::nullopt,
                      "several formats are recognised: " + all + "; import them one by one, or name the format"};
  }
  return Recognised{seen.begin()->first, {}};
}

}  // namespace chartline::exchange
