#include "formats/exchange/code_list_columns.h"

#include <algorithm>
#include <array>
#include <set>

#include "formats/exchange/cell.h"
#include "formats/record/systems.h"

namespace chartline::exchange {
namespace {

// Letters and digits, in lower case.
std::string plain(std::string_view text) {
  std::string kept;
  for (const char c : lower(text))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) kept += c;
  return kept;
}

struct Named {
  std::string_view word, system;
};

constexpr std::array system_words = std::to_array<Named>({
    {"snomedct", "snomed"}, {"snomed", "snomed"}, {"sct", "snomed"},      {"icd10", "icd10"}, {"icd9", "icd9cm"},
    {"icd9cm", "icd9cm"},   {"icd11", "icd11"},   {"icd10cm", "icd10cm"}, {"read", "read2"},  {"read2", "read2"},
    {"readv2", "read2"},    {"ctv3", "ctv3"},     {"readv3", "ctv3"},     {"read3", "ctv3"},  {"dmd", "dmd"},
    {"bnf", "bnf"},         {"opcs", "opcs4"},    {"opcs4", "opcs4"},     {"loinc", "loinc"}, {"rxnorm", "rxnorm"},
    {"atc", "atc"},         {"cpt4", "cpt4"},     {"hcpcs", "hcpcs"},     {"cvx", "cvx"},     {"ndc", "ndc"},
});

// Columns of codes: "ICD10code", "Read v2 Code", "SNOMED_ConceptId", "dmd_id".
std::string_view system_of_column(std::string_view name) {
  for (const std::string_view ending : {"code", "codes", "conceptid", "id"}) {
    if (!name.ends_with(ending)) continue;
    const std::string_view stem = name.substr(0, name.size() - ending.size());
    for (const Named& one : system_words)
      if (one.word == stem) return one.system;
  }
  return name == "rxcui" ? "rxnorm" : name == "loincnum" ? "loinc" : "";
}

template <std::size_t count>
bool is_one_of(std::string_view name, const std::array<std::string_view, count>& names) {
  return std::ranges::find(names, name) != names.end();
}
constexpr std::array<std::string_view, 6> plain_code_names = {"code",    "codes",        "conceptid",
                                                              "icdcode", "clinicalcode", "conceptcode"};
constexpr std::array<std::string_view, 6> system_names = {"terminology", "codingsystem", "codesystem",
                                                          "system",      "vocabulary",   "vocabularyid"};

bool is_display(std::string_view name) {
  return name == "name" || name == "label" || name == "display" || name.find("term") != name.npos ||
         name.find("descr") != name.npos;
}

// The one system that the words of a file's name have: "a/b_ICD10.csv.gz" -> "icd10".
std::string system_of_file(std::string_view file) {
  const std::string name = lower(file.substr(file.find_last_of("/:") + 1));
  std::set<std::string_view> found;
  std::string word;
  for (const char c : name + ".") {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      word += c;
      continue;
    }
    for (const Named& one : system_words)
      if (one.word == word && word != "read") found.insert(one.system);
    word.clear();
  }
  return found.size() == 1 ? std::string(*found.begin()) : std::string();
}

std::string names_of(const std::vector<std::string>& header) {
  std::string names;
  for (const std::string& name : header)
    if (!trimmed(name).empty()) names.append(names.empty() ? "" : ", ").append(trimmed(name));
  return names;
}

}  // namespace

std::string code_list_system(std::string_view word) {
  word = trimmed(word);
  if (record::find_system(word)) return std::string(word);
  const std::string name = plain(word);
  for (const Named& one : system_words)
    if (one.word == name) return std::string(one.system);
  if (word.find(':') != word.npos) return std::string(record::system_from_uri(word));
  const std::string_view from_omop = record::system_from_omop(word);
  return record::find_system(from_omop) && !word.empty() ? std::string(from_omop) : std::string();
}

Result<std::optional<CodeListColumns>> find_code_list_columns(const std::vector<std::string>& header,
                                                              std::string_view file, const CodeListOptions& options) {
  CodeListColumns found;
  std::vector<std::pair<std::size_t, std::string>> of_systems;
  std::optional<std::size_t> named, of_code;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::string name = plain(header[i]);
    if (!options.column.empty() && lower(trimmed(header[i])) == lower(trimmed(options.column))) named = i;
    if (const std::string_view system = system_of_column(name); !system.empty()) of_systems.emplace_back(i, system);
    else if (is_one_of(name, plain_code_names) && !of_code) of_code = i;
    else if (is_one_of(name, system_names) && !found.system) found.system = i;
    else if (is_display(name) && !found.display) found.display = i;
  }
  const std::string of_file = system_of_file(file);
  const auto with_system = [&](std::size_t column) {
    const auto at = std::ranges::find(of_systems, column, [](const auto& one) { return one.first; });
    return at == of_systems.end() ? std::string() : at->second;
  };
  if (!options.column.empty()) {
    if (!named) return std::optional<CodeListColumns>();
    found.code = *named;
  } else if (of_code) {
    found.code = *of_code;
  } else if (of_systems.size() == 1) {
    found.code = of_systems.front().first;
  } else if (!of_systems.empty()) {
    const auto fits = std::ranges::find(of_systems, of_file, [](const auto& one) { return one.second; });
    if (fits == of_systems.end())
      return invalid_request(std::string(file) + ": several columns hold codes; name one of them: " + names_of(header));
    found.code = fits->first;
  } else {
    return std::optional<CodeListColumns>();
  }
  if (found.display == found.code) found.display.reset();
  if (!options.system.empty()) {
    found.code_system = options.system;
  } else {
    const std::string own = with_system(found.code);
    found.code_system = own.empty() ? of_file : own;
  }
  for (auto& other : of_systems)
    if (other.first != found.code) found.others.push_back(std::move(other));
  return std::optional(std::move(found));
}

// The dihedral check of J. Verhoeff: multiplication in the group of a pentagon's symmetries, digits permuted by place.
bool is_snomed_id(std::string_view code) {
  constexpr int product[10][10] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
                                   {2, 3, 4, 0, 1, 7, 8, 9, 5, 6}, {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
                                   {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
                                   {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
                                   {8, 7, 6, 5, 9, 3, 2, 1, 0, 4}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}};
  constexpr int step[10] = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
  if (code.size() < 6 || code.size() > 18) return false;
  int check = 0;
  for (std::size_t place = 0; place < code.size(); ++place) {
    const char c = code[code.size() - 1 - place];
    if (c < '0' || c > '9') return false;
    int digit = c - '0';
    for (std::size_t i = 0; i < place % 8; ++i) digit = step[digit];
    check = product[check][digit];
  }
  return check == 0;
}

}  // namespace chartline::exchange
