// Events and problems as one line of text each, and files made for a test: so that a test reads like a page.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "formats/exchange/reader.h"
#include "formats/exchange/readers.h"
#include "tests/exchange/collecting_sink.h"

namespace chartline::exchange {

inline std::string text_of(const record::Code& code) { return std::string(code.system) + ":" + std::string(code.code); }

inline std::string text_of(const record::Value& value) {
  switch (value.form) {
    case record::Value::Form::none: return "";
    case record::Value::Form::number: {
      const std::string unit = value.unit.empty() ? "" : " " + std::string(value.unit);
      return std::string(name(value.comparator)) + print(value.number) + unit;
    }
    case record::Value::Form::code: return text_of(value.code);
    case record::Value::Form::text: return "'" + std::string(value.text) + "'";
    case record::Value::Form::boolean: return value.boolean ? "true" : "false";
    case record::Value::Form::date: return value.date.known() ? print(value.date) : "unknown date";
  }
  return "?";
}

// condition/1: condition snomed:195662009 [omop:4112343] 2015-10-02..2015-10-14 =48.1 kg in visit/2 {type=omop:32020}
inline std::string text_of(const record::Event& event) {
  std::string text = std::string(event.record) + ": " + std::string(name(event.kind)) + " " + text_of(event.code);
  for (const auto& code : event.translations) text += " [" + text_of(code) + "]";
  if (event.start.known()) text += " " + print(event.start);
  if (event.end.form == record::End::Form::at) text += ".." + print(event.end.at);
  if (event.end.form == record::End::Form::ongoing) text += "..ongoing";
  if (event.end.form == record::End::Form::unknown) text += "..?";
  if (event.value.form != record::Value::Form::none) text += " =" + text_of(event.value);
  if (!event.encounter.empty()) text += " in " + std::string(event.encounter);
  for (const auto& attribute : event.attributes)
    text += " {" + std::string(attribute.name) + "=" + text_of(attribute.value) + "}";
  return text;
}

// condition_occurrence.csv:2 condition_start_date bad_date rejected
inline std::string text_of(const Problem& problem) {
  const std::string file = std::filesystem::path(problem.place.file).filename().string();
  return file + ":" + std::to_string(problem.place.line) + " " + problem.place.field + " " + problem.rule +
         (problem.outcome == Problem::Outcome::rejected ? " rejected" : " repaired");
}

// A folder of its own for one test, gone at its end.
class TestFolder {
 public:
  TestFolder() {
    static int number = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("chartline-exchange-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;

  void write(const std::string& file, std::string_view text) const {
    std::filesystem::create_directories((path_ / file).parent_path());
    std::ofstream(path_ / file, std::ios::binary) << text;
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// What a reader made of a folder.
struct ReadBack {
  CollectingSink sink;
  CollectingQuality quality;
  std::string error;

  std::string person(std::size_t record) const {
    std::string text;
    for (const auto& identifier : sink.records.at(record).identifiers)
      text += (text.empty() ? "" : " ") + std::string(identifier.system) + "|" + std::string(identifier.value);
    return text;
  }
  std::vector<std::string> problems() const {
    std::vector<std::string> lines;
    for (const auto& problem : quality.problems) lines.push_back(text_of(problem));
    return lines;
  }
  std::vector<std::string> events() const {
    std::vector<std::string> lines;
    for (const auto* event : sink.events()) lines.push_back(text_of(*event));
    return lines;
  }
  std::string event(std::string_view record_id) const {
    for (const auto* event : sink.events())
      if (event->record == record_id) return text_of(*event);
    return "none";
  }
  std::map<std::string, int> by_kind() const {
    std::map<std::string, int> counts;
    for (const auto* event : sink.events()) ++counts[std::string(name(event->kind))];
    return counts;
  }
};

inline void read_into(ReadBack& back, Result<void> (*reader)(const Reading&), const std::string& path,
                      const ReadOptions& options = {}) {
  const std::vector<std::string> paths = {path};
  const Progress progress;
  const auto result = reader({paths, options, back.sink, back.quality, progress});
  if (!result) back.error = result.error().message;
}

// Rows of a plain CSV file without line breaks in its fields, counted independently of the reader.
inline std::uint64_t lines_below_header(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::uint64_t lines = 0;
  while (std::getline(in, line)) lines += line.empty() ? 0 : 1;
  return lines == 0 ? 0 : lines - 1;
}

}  // namespace chartline::exchange
