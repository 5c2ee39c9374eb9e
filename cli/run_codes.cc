// codes: the code lists of a store, and the terminology loaded into it.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "cli/failure.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "cli/source.h"
#include "cli/text.h"
#include "engine/terminology.h"
#include "formats/exchange/code_list.h"
#include "formats/exchange/code_list_columns.h"
#include "formats/exchange/quality.h"
#include "formats/record/systems.h"
#include "query/code_lists.h"

namespace chartline::cli {
namespace {

using exchange::CodeListRead;
using exchange::ListedCode;
using query::ListEntry;
using query::ListVersion;

constexpr std::size_t problems_told_max = 20;

std::unique_ptr<RowWriter> writer_of(const Invocation&, Form form, std::vector<std::string> columns, Console& console) {
  return row_writer(form, std::move(columns), console.out(),
                    [&console](std::string_view text) { return console.write(text); });
}

Cell moment_cell(Micros moment) { return text_cell(record::print(record::at_instant(moment))); }

// The --system as the store calls it: events may carry it by the name that a source used.
Result<std::string> system_named(const Invocation& invocation, Source& source) {
  const std::string word = invocation.text("system");
  if (word.empty()) return std::string();
  std::string system = exchange::code_list_system(word);
  if (!system.empty()) return system;
  if (TRY(source.systems_with("*")).contains(word)) return word;
  std::vector<std::string_view> names;
  for (const record::System& known : record::systems()) names.push_back(known.name);
  const auto near = nearest(word, names);
  return invalid_request(fmt::format("--system: '{}' is no code system that is known here{}", printable(word, true),
                                     near ? fmt::format("; did you mean {}?", *near) : ": give its URI"));
}

query::Reach reach_of(ListedCode::Reach reach) {
  switch (reach) {
    case ListedCode::Reach::one: return query::Reach::one;
    case ListedCode::Reach::prefix: return query::Reach::prefix;
    case ListedCode::Reach::descendants: return query::Reach::descendants;
    case ListedCode::Reach::self_and_descendants: return query::Reach::self_and_descendants;
  }
  return query::Reach::one;
}

std::vector<ListEntry> entries_of(const CodeListRead& read) {
  std::vector<ListEntry> entries;
  for (const ListedCode& code : read.codes)
    entries.push_back({{code.system, code.code}, reach_of(code.reach), code.excluded, code.display});
  return entries;
}

// As a query writes it: snomed:<<73211009.
std::string written(const ListEntry& entry) {
  const bool is_uri = entry.code.system.find_first_of(":/ ") != std::string::npos;
  return query::print(query::CodeWord{entry.code.system, is_uri, entry.code.code, entry.reach});
}

// Each problem with its line: the first on standard error, all in the file of --report.
Result<void> tell_problems(const Invocation& invocation, const CodeListRead& read, Console& console) {
  if (const auto path = invocation.given("report")) {
    std::ofstream file(*path, std::ios::binary | std::ios::trunc);
    const auto quality = exchange::make_quality({.source = invocation.argument(0)}, &file);
    for (const exchange::Problem& problem : read.problems) TRY(quality->problem(problem));
    if (!file.flush()) return unavailable("--report " + *path + ": the file cannot be written");
    return {};
  }
  std::size_t told = 0;
  for (const exchange::Problem& problem : read.problems) {
    if (told++ == problems_told_max) break;
    const std::string place = problem.place.line > 0 ? fmt::format("line {}", problem.place.line) : problem.place.field;
    console.note(fmt::format("  {}: {}: {}", place, problem.rule, problem.reason));
  }
  if (read.problems.size() > problems_told_max)
    console.note(
        fmt::format("  and {} more; --report FILE tells each", grouped(read.problems.size() - problems_told_max)));
  return {};
}

Result<query::CodeList> list_named(Source& source, const std::string& name) {
  std::vector<query::CodeList> all = TRY(source.code_lists());
  std::vector<std::string_view> names;
  for (query::CodeList& one : all) {
    if (one.name == name) return std::move(one);
    names.push_back(one.name);
  }
  const auto near = nearest(name, names);
  return advise(not_found(fmt::format("there is no code list {}{}", query::print_list(printable(name, true)),
                                      near ? fmt::format("; did you mean {}?", query::print_list(*near)) : "")),
                "list them with: chartline codes list");
}

}  // namespace

Result<void> run_codes_import(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto source = TRY(open_source(invocation, Access::write));
  const std::string& path = invocation.argument(0);
  const exchange::CodeListOptions options{TRY(system_named(invocation, *source)), invocation.text("column")};
  auto read = exchange::read_code_list(path, options);
  if (!read && read.error().fault != Fault::invalid_request) return read.error();
  if (!read) return advise(read.error(), "--column NAME and --system NAME say where the codes are, and whose");
  const std::filesystem::path file(path);
  const std::string name = invocation.given("name").value_or(file.stem().string());
  const KeptList list =
      TRY(source->keep_list(name, entries_of(*read), {file.filename().string(), read->hash, read->rejected}));
  TRY(write_fields(form,
                   {{"list", text_cell(query::print_list(name))},
                    {"version", number_cell(list.version.number)},
                    {"rows", number_cell(read->rows)},
                    {"codes", number_cell(list.version.entries)},
                    {"repeated", number_cell(read->repeated)},
                    {"rejected", number_cell(read->rejected)}},
                   console));
  console.note(fmt::format("{}{}", read->taken, list.is_new ? "" : "; the list says what it said before"));
  return tell_problems(invocation, *read, console);
}

Result<void> run_codes_list(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto source = TRY(open_source(invocation, Access::read));
  const auto writer = writer_of(invocation, form, {"list", "version", "codes", "recorded", "file"}, console);
  for (const query::CodeList& list : TRY(source->code_lists())) {
    if (const ListVersion* now = list.now())
      TRY(writer->row({text_cell(query::print_list(list.name)), number_cell(now->number), number_cell(now->entries),
                       moment_cell(now->recorded), text_cell(now->origin.file)}));
  }
  return writer->end();
}

Result<void> run_codes_show(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto source = TRY(open_source(invocation, Access::read));
  const query::CodeList list = TRY(list_named(*source, invocation.argument(0)));
  const ListVersion* version = list.now();
  if (invocation.arguments().size() > 1) {
    const auto number = parse_number(invocation.argument(1));
    if (!number) return invalid_request("VERSION is a number: codes versions says which there are");
    const auto found = std::ranges::find(list.versions, *number, &ListVersion::number);
    version = found == list.versions.end() || found->removed ? nullptr : &*found;
    if (version == nullptr) return not_found("this code list has no such version");
  }
  if (version == nullptr) return not_found("the code list was removed; codes versions says which versions there are");
  const auto writer = writer_of(invocation, form, {"code", "display", "excluded", "carried"}, console);
  for (const auto& [entry, carried] : TRY(source->list_entries(list.name, version->number)))
    TRY(writer->row({text_cell(written(entry)), text_cell(entry.display), truth_cell(entry.excluded),
                     entry.reach == query::Reach::one ? truth_cell(carried) : Cell{}}));
  return writer->end();
}

Result<void> run_codes_remove(const Invocation& invocation, Console& console) {
  const auto source = TRY(open_source(invocation, Access::write));
  const query::CodeList list = TRY(list_named(*source, invocation.argument(0)));
  TRY(source->remove_list(list.name));
  console.note("removed: questions as of an earlier moment still see it");
  return {};
}

Result<void> run_codes_versions(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto source = TRY(open_source(invocation, Access::read));
  const query::CodeList list = TRY(list_named(*source, invocation.argument(0)));
  const auto writer =
      writer_of(invocation, form, {"version", "recorded", "removed", "codes", "rejected", "file", "hash"}, console);
  for (const ListVersion& version : list.versions)
    TRY(writer->row({number_cell(version.number), moment_cell(version.recorded), truth_cell(version.removed),
                     number_cell(version.entries), number_cell(version.origin.rejected), text_cell(version.origin.file),
                     text_cell(version.origin.hash)}));
  return writer->end();
}

Result<void> run_codes_terminology(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto source = TRY(open_source(invocation, Access::read));
  const auto writer = writer_of(invocation, form, {"version", "pin", "concepts", "links"}, console);
  for (const engine::TerminologyVersion& version : TRY(source->terminology()))
    TRY(writer->row(
        {text_cell(version.name), text_cell(version.pin), number_cell(version.concepts), number_cell(version.links)}));
  return writer->end();
}

}  // namespace chartline::cli
