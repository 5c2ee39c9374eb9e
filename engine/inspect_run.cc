#include "engine/inspect_run.h"

#include <fmt/format.h>

#include <array>

#include "formats/stored/column_forms.h"
#include "formats/stored/hot_columns.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

constexpr std::array<const char*, stored::hot_columns> column_names = {
    "precision", "kind",        "value form", "source", "unit",   "status", "author", "certainty",  "end form",
    "day",       "time of day", "offset",     "code",   "number", "value",  "end",    "end offset", "end precision"};

std::string form_name(unsigned form) {
  namespace form_of = stored::form;
  if (form >= form_of::small) return "constant";
  if (form < form_of::delta)
    return form == form_of::frame ? "constant" : fmt::format("frame, {} bits", form - form_of::frame);
  if (form < form_of::frame_groups) return fmt::format("delta, {} bits", form - form_of::delta);
  switch (form) {
    case form_of::frame_groups: return "frame in groups";
    case form_of::delta_groups: return "delta in groups";
    case form_of::dictionary: return "dictionary";
    case form_of::stretches: return "stretches";
    case form_of::scaled: return "scaled";
    case form_of::multiples: return "multiples";
    case form_of::rice: return "Rice";
    case form_of::rice_steps: return "steps, Rice";
    default: return "unknown";
  }
}

}  // namespace

Result<std::string> draw_run(BytesView hot) {
  Reader in(TRY(stored::unseal(hot, "run")));
  const std::uint64_t rows = in.varint(), mask = in.varint();
  const std::uint64_t cold = mask >> stored::hot_cold & 1 ? in.varint() : 0;
  if (!in.ok() || rows > stored::rows_limit || cold > in.left()) return stored::wrong_bytes("run");
  std::string text = fmt::format("  {} events, {} bytes, {}\n", rows, hot.size(),
                                 mask >> stored::hot_has_details & 1 ? "with details" : "without details");
  Reader columns(in.raw(in.left() - cold));
  const auto has = [&](unsigned bit) { return (mask >> bit & 1) != 0; };
  const auto draw = [&](const char* name, std::uint64_t count) {
    Reader form = columns;
    const std::size_t before = columns.left();
    if (!stored::skip(columns, count)) return false;
    text += fmt::format("  {:<16} {:>8} bytes  {}\n", name, before - columns.left(), form_name(form.u8()));
    return true;
  };
  std::uint64_t sorts = rows;
  if (has(stored::hot_has_sorts)) {
    sorts = columns.varint();
    if (!columns.ok() || sorts > rows || !draw("sorts of rows", rows)) return stored::wrong_bytes("run");
  }
  for (unsigned column = 0; column < stored::hot_columns; ++column) {
    if (!has(column)) continue;
    const bool some = (column == stored::hot_day && has(stored::hot_some_days)) ||
                      (column == stored::hot_time_of_day && has(stored::hot_some_times)) ||
                      (column == stored::hot_value && has(stored::hot_some_values));
    const std::uint64_t count = some ? columns.varint() : column < stored::hot_sort_columns ? sorts : rows;
    if (!columns.ok() || count > rows || !draw(column_names[column], count)) return stored::wrong_bytes("run");
  }
  if (!columns.done()) return stored::wrong_bytes("run");
  if (cold != 0) text += fmt::format("  {:<16} {:>8} bytes\n", "cold numbers", cold);
  return text;
}

}  // namespace chartline::engine
