#include "cli/rows.h"
#include "cli/runs.h"

namespace chartline::cli {

Result<void> run_config_show(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const bool origin = invocation.on("origin");
  std::vector<std::string> columns = {"setting", "value"};
  if (origin) columns.emplace_back("origin");
  const auto writer =
      row_writer(form, columns, console.out(), [&](std::string_view text) { return console.write(text); });
  for (const Option* option : all_settings()) {
    const Setting& setting = invocation.setting(option->name);
    Row row = {text_cell(option->setting), setting.values.empty() ? Cell{} : text_cell(setting.values.back())};
    if (origin) row.push_back(text_cell(setting.values.empty() ? "not set" : setting.origin));
    TRY(writer->row(row));
  }
  return writer->end();
}

}  // namespace chartline::cli
