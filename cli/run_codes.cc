// codes: the code lists of a store, and the terminology loaded into it.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "cli/failure.h"
#include "cli/open_store.h"
#include "cli/rows.h"
#include "cli/runs.h"
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
using query::CodeLists;
using query::ListEntry;
using query::ListVersion;

constexpr std::size_t problems_told_max = 20;

std::unique_ptr<RowWriter> writer_of(const Invocation&, Form form, std::vector<std::string> columns, Console& console) {
  return row_writer(form, std::move(columns), console.out(),
                    [&console](std::string_view text) { return console.write(text); });
}

Cell moment_cell(Micros moment) { return text_cell(record::print(record::at_instant(moment))); }

// Systems that events of the store carry by the name that a source used.
bool is_carried(const engine::View& view, std::string_view system) {
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard)
    for (engine::Name name = 1; name <= view.codes(shard); ++name)
      if (view.code_of(shard, name).system == system) return true;
  return false;
}

// The --system as the store calls it.
Result<std::string> system_named(const Invocation& invocation, engine::Store& store) {
  const std::string word = invocation.text("system");
  if (word.empty()) return std::string();
  std::string system = exchange::code_list_system(word);
  if (!system.empty()) return system;
  if (is_carried(store.view(), word)) return word;
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

Result<query::CodeList> list_named(const CodeLists& lists, const std::string& name) {
  std::optional<query::CodeList> found = TRY(lists.find(name));
  if (found) return std::move(*found);
  std::vector<query::CodeList> all = TRY(lists.all());
  std::vector<std::string_view> names;
  for (const query::CodeList& one : all) names.push_back(one.name);
  const auto near = nearest(name, names);
  return not_found(fmt::format("there is no code list {}{}", query::print_list(printable(name, true)),
                               near ? fmt::format("; did you mean {}?", query::print_list(*near)) : ""));
}

}  // namespace

Result<void> run_codes_import(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto store = TRY(open_store(invocation, Access::write));
  const std::string& path = invocation.argument(0);
  const exchange::CodeListOptions options{TRY(system_named(invocation, *store)), invocation.text("column")};
  auto read = exchange::read_code_list(path, options);
  if (!read && read.error().fault != Fault::invalid_request) return read.error();
  if (!read) return advise(read.error(), "--column NAME and --system NAME say where the codes are, and whose");
  const std::filesystem::path file(path);
  const std::string name = invocation.given("name").value_or(file.stem().string());
  SystemClock clock;
  CodeLists lists(*store);
  const auto before = TRY(lists.find(name));
  const ListVersion kept =
      TRY(lists.keep(name, entries_of(*read), {file.filename().string(), read->hash, read->rejected}, clock.now()));
  const bool is_new = !before || before->versions.back().number != kept.number;
  TRY(write_fields(form,
                   {{"list", text_cell(query::print_list(name))},
                    {"version", number_cell(kept.number)},
                    {"rows", number_cell(read->rows)},
                    {"codes", number_cell(kept.entries)},
                    {"repeated", number_cell(read->repeated)},
                    {"rejected", number_cell(read->rejected)}},
                   console));
  console.note(fmt::format("{}{}", read->taken, is_new ? "" : "; the list says what it said before"));
  return tell_problems(invocation, *read, console);
}

Result<void> run_codes_list(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto store = TRY(open_store(invocation, Access::read));
  const auto writer = writer_of(invocation, form, {"list", "version", "codes", "recorded", "file"}, console);
  for (const query::CodeList& list : TRY(CodeLists(*store).all())) {
    if (const ListVersion* now = list.now())
      TRY(writer->row({text_cell(query::print_list(list.name)), number_cell(now->number), number_cell(now->entries),
                       moment_cell(now->recorded), text_cell(now->origin.file)}));
  }
  return writer->end();
}

Result<void> run_codes_show(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto store = TRY(open_store(invocation, Access::read));
  const CodeLists lists(*store);
  const query::CodeList list = TRY(list_named(lists, invocation.argument(0)));
  const ListVersion* version = list.now();
  if (invocation.arguments().size() > 1) {
    const auto number = parse_number(invocation.argument(1));
    if (!number) return invalid_request("VERSION is a number: codes versions says which there are");
    const auto found = std::ranges::find(list.versions, *number, &ListVersion::number);
    version = found == list.versions.end() || found->removed ? nullptr : &*found;
    if (version == nullptr) return not_found("this code list has no such version");
  }
  if (version == nullptr) return not_found("the code list was removed; codes versions says which versions there are");
  const engine::View view = store->view();
  const auto carried = [&](const query::CodeKey& code) {
    for (std::uint32_t shard = 0; shard < view.shards(); ++shard)
      if (view.find_code(shard, {code.system, code.code, {}})) return true;
    return false;
  };
  const auto writer = writer_of(invocation, form, {"code", "display", "excluded", "carried"}, console);
  for (const ListEntry& entry : TRY(lists.entries(list.name, version->number)))
    TRY(writer->row({text_cell(written(entry)), text_cell(entry.display), truth_cell(entry.excluded),
                     entry.reach == query::Reach::one ? truth_cell(carried(entry.code)) : Cell{}}));
  return writer->end();
}

Result<void> run_codes_remove(const Invocation& invocation, Console& console) {
  const auto store = TRY(open_store(invocation, Access::write));
  CodeLists lists(*store);
  const query::CodeList list = TRY(list_named(lists, invocation.argument(0)));
  SystemClock clock;
  TRY(lists.remove(list.name, clock.now()));
  console.note("removed: questions as of an earlier moment still see it");
  return {};
}

Result<void> run_codes_versions(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto store = TRY(open_store(invocation, Access::read));
  const query::CodeList list = TRY(list_named(CodeLists(*store), invocation.argument(0)));
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
  const auto store = TRY(open_store(invocation, Access::read));
  const auto writer = writer_of(invocation, form, {"version", "pin", "concepts", "links"}, console);
  for (const engine::TerminologyVersion& version : TRY(engine::terminology_versions(*store)))
    TRY(writer->row(
        {text_cell(version.name), text_cell(version.pin), number_cell(version.concepts), number_cell(version.links)}));
  return writer->end();
}

}  // namespace chartline::cli
