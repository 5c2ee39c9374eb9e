#include "engine/inspect_run.h"

#include <fmt/format.h>

#include <array>

#include "formats/stored/column_forms.h"
#include "formats/stored/hot_columns.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

constexpr std::array<const char*, stored::hot_columns> column_names = {
    "day",        "time of day", "offset", "precision",  "code",         "kind",   "number",
    "value form", "value",       "source", "unit",       "status",       "author", "cold numbers",
    "certainty",  "end form",    "end",    "end offset", "end precision"};

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
  for (unsigned column = 0; column < stored::hot_columns; ++column) {
    if ((mask >> column & 1) == 0) continue;
    if (column == stored::hot_cold) {
      text += fmt::format("  {:<16} {:>8} bytes\n", column_names[column], cold);
      continue;
    }
    Reader form = columns;
    const std::size_t before = columns.left();
    if (!stored::skip(columns, rows)) return stored::wrong_bytes("run");
    text +=
        fmt::format("  {:<16} {:>8} bytes  {}\n", column_names[column], before - columns.left(), form_name(form.u8()));
  }
  if (!columns.done()) return stored::wrong_bytes("run");
  return text;
}

}  // namespace chartline::engine
