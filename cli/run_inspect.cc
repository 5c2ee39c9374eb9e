// inspect stats, run and key: what lies on disk, for those who look after it.
#include <fmt/format.h>

#include "cli/failure.h"
#include "cli/open_store.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "cli/source.h"
#include "cli/text.h"

namespace chartline::cli {
namespace {

std::optional<Bytes> parse_hex(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

Result<engine::Table> table_named(const std::string& word) {
  if (const auto table = engine::parse_table(word)) return *table;
  std::vector<std::string_view> names;
  for (int t = 0; t < engine::table_count; ++t) names.push_back(engine::name(static_cast<engine::Table>(t)));
  return invalid_request(
      fmt::format("there is no table '{}'; the tables are {}", printable(word, true), joined(names, ", ")));
}

Result<void> write_lines(std::string text, Console& console) {
  if (!text.ends_with('\n')) text += '\n';
  return console.write(text);
}

}  // namespace

Result<void> run_inspect_stats(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto source = TRY(open_source(invocation, Access::read));
  if (form == Form::table) return write_lines(TRY(source->stats_text()), console);
  std::vector<Field> fields;
  for (const Figure& figure : TRY(source->stats())) fields.push_back({figure.name, number_cell(figure.value)});
  return write_fields(form, fields, console);
}

Result<void> run_inspect_run(const Invocation& invocation, Console& console) {
  const auto store = TRY(open_store(invocation, Access::read));
  const engine::PatientRef patient = TRY(find_patient(store->view(), invocation.argument(0)));
  return write_lines(TRY(engine::inspect_patient(*store, patient)), console);
}

Result<void> run_inspect_key(const Invocation& invocation, Console& console) {
  const engine::Table table = TRY(table_named(invocation.argument(0)));
  const auto key = parse_hex(invocation.argument(1));
  if (!key) return invalid_request("KEY is not hexadecimal: two digits for each byte");
  const auto store = TRY(open_store(invocation, Access::read));
  const std::uint64_t shard = invocation.number("shard");
  if (shard >= store->stats().shards)
    return invalid_request(fmt::format("--shard {}: the last shard of the store is {}", shard, store->stats().shards - 1));
  return write_lines(TRY(engine::inspect_key(*store, static_cast<std::uint32_t>(shard), table, *key)), console);
}

}  // namespace chartline::cli
