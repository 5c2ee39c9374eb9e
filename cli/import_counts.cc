#include "cli/import_counts.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/text.h"

namespace chartline::cli {
namespace {

std::string count(std::uint64_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(n), n == 1 ? one : many);
}

struct Rules {
  std::string_view what;
  const exchange::Counts& counts;
};

// One line for each rule, aligned over all of them.
void add_rules(std::vector<std::string>& lines, std::initializer_list<Rules> all) {
  std::size_t rule_width = 0, count_width = 0;
  for (const Rules& rules : all)
    for (const auto& [rule, n] : rules.counts)
      rule_width = std::max(rule_width, rule.size()), count_width = std::max(count_width, grouped(n).size());
  for (const Rules& rules : all)
    for (const auto& [rule, n] : rules.counts)
      lines.push_back(fmt::format("  {:<10}  {:<{}}  {:>{}}", rules.what, rule, rule_width, grouped(n), count_width));
}

}  // namespace

Result<void> write_counts(const ImportCounts& counts, Form form, Console& console) {
  const auto& [read, stored, terminology] = counts;
  std::vector<Field> fields = {
      {"source", text_cell(read.source)},
      {"rows", number_cell(read.rows)},
      {"records", number_cell(read.records)},
      {"rejected", number_cell(read.rejected)},
      {"repaired", number_cell(read.repaired)},
      {"events", number_cell(read.events)},
      {"created", number_cell(stored.created)},
      {"unchanged", number_cell(stored.unchanged)},
      {"superseded", number_cell(stored.superseded)},
      {"hidden", number_cell(stored.hidden)},
      {"refused", number_cell(stored.rejected)},
      {"equal_rows", number_cell(stored.equal_rows)},
  };
  if (terminology.concepts + terminology.links > 0) {
    fields.push_back({"concepts", number_cell(terminology.concepts)});
    fields.push_back({"concept_links", number_cell(terminology.links)});
  }
  return write_fields(form, fields, console);
}

std::vector<std::string> import_words(const ImportCounts& counts, const std::optional<std::string>& report_path) {
  const auto& [read, stored, terminology] = counts;
  std::vector<std::string> lines;
  const std::uint64_t others = read.rows - std::min(read.rows, read.records + read.rejected);
  const std::string rest = others == 0 ? "" : fmt::format(" + {} of terminology or context", grouped(others));
  lines.push_back(fmt::format("{} in = {} + {}{}; the records hold {}", count(read.rows, "row", "rows"),
                              count(read.records, "record", "records"), count(read.rejected, "reject", "rejects"), rest,
                              count(read.events, "event", "events")));
  add_rules(lines,
            {{"rejected", read.rejected_by_rule}, {"repaired", read.repaired_by_rule}, {"impossible", read.impossible}});
  if (stored.before_birth + stored.after_death > 0) {
    lines.push_back(fmt::format("  against the demographics: {} before birth, {} after death",
                                grouped(stored.before_birth), grouped(stored.after_death)));
  }
  if (stored.clashes > 0)
    lines.push_back(
        fmt::format("  {} of identifiers that name different patients", count(stored.clashes, "record", "records")));
  const std::uint64_t told = read.rejected + read.repaired;
  if (told > 0 && report_path)
    lines.push_back(fmt::format("{} told in {}", count(told, "problem is", "problems are"), *report_path));
  else if (told > 0)
    lines.push_back(fmt::format("--report FILE tells the {} with the place", count(told, "problem", "problems")));
  return lines;
}

}  // namespace chartline::cli
