// The summary of a data-quality report in words and as JSON.
#include <cstdio>

#include "base/utf8.h"
#include "formats/exchange/quality.h"

namespace chartline::exchange {
namespace {

constexpr std::array<std::string_view, field_count> field_names = {
    "code",   "known_system", "time",   "time_of_day", "end",       "value", "unit",
    "status", "certainty",    "author", "record",      "encounter", "source"};

void print_counts(std::string& out, std::string_view title, const Counts& counts) {
  for (const auto& [rule, n] : counts) {
    char line[160];
    std::snprintf(line, sizeof line, "%-12.*s%12llu  ", static_cast<int>(title.size()), title.data(),
                  static_cast<unsigned long long>(n));
    out += line + rule + "\n";
  }
}

// Cut and not rounded, so that 100 % means every one.
std::string share(std::uint64_t part, std::uint64_t of) {
  return of == 0 ? "-"
                 : std::to_string(static_cast<std::uint64_t>(static_cast<double>(part) * 100 / static_cast<double>(of))) +
                       " %";
}

std::uint64_t possible(const KindSummary& kind, std::size_t field) {
  return field == static_cast<std::size_t>(Field::unit) ? kind.numbers : kind.events;
}

void append_counts(std::string& out, std::string_view title, const Counts& counts) {
  out += ",\"" + std::string(title) + "\":{";
  bool first = true;
  for (const auto& [rule, n] : counts) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, rule);
    out += ":" + std::to_string(n);
  }
  out += '}';
}

}  // namespace

std::string_view name(Field field) { return field_names[static_cast<std::size_t>(field)]; }

std::string print(const QualitySummary& summary) {
  std::string out = "source      " + summary.source + "\n";
  const auto total = [&](std::string_view title, std::uint64_t n) {
    char line[64];
    std::snprintf(line, sizeof line, "%-12.*s%12llu\n", static_cast<int>(title.size()), title.data(),
                  static_cast<unsigned long long>(n));
    out += line;
  };
  total("rows", summary.rows);
  total("records", summary.records);
  total("events", summary.events);
  total("rejected", summary.rejected);
  print_counts(out, "  rejected", summary.rejected_by_rule);
  total("repaired", summary.repaired);
  print_counts(out, "  repaired", summary.repaired_by_rule);
  total("duplicates", summary.duplicates);
  print_counts(out, "impossible", summary.impossible);
  print_counts(out, "defaulted", summary.defaulted);
  if (summary.kinds.empty()) return out;
  out += "\nshare of events with ...\n";
  for (const auto& [kind, counts] : summary.kinds) {
    out += std::string(record::name(kind)) + " (" + std::to_string(counts.events) + "):";
    for (std::size_t f = 0; f < field_count; ++f) {
      if (counts.with[f] == 0) continue;
      out += " " + std::string(field_names[f]) + " " + share(counts.with[f], possible(counts, f)) + ",";
    }
    out.back() = '\n';
  }
  return out;
}

std::string json(const QualitySummary& summary) {
  std::string out = "{\"source\":";
  append_json_string(out, summary.source);
  const auto total = [&](std::string_view title, std::uint64_t n) {
    out += ",\"" + std::string(title) + "\":" + std::to_string(n);
  };
  total("rows", summary.rows);
  total("records", summary.records);
  total("events", summary.events);
  total("rejected", summary.rejected);
  total("repaired", summary.repaired);
  total("duplicates", summary.duplicates);
  append_counts(out, "rejected_by_rule", summary.rejected_by_rule);
  append_counts(out, "repaired_by_rule", summary.repaired_by_rule);
  append_counts(out, "impossible", summary.impossible);
  append_counts(out, "defaulted", summary.defaulted);
  out += ",\"kinds\":{";
  bool first = true;
  for (const auto& [kind, counts] : summary.kinds) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, record::name(kind));
    out += ":{\"events\":" + std::to_string(counts.events) + ",\"numbers\":" + std::to_string(counts.numbers);
    for (std::size_t f = 0; f < field_count; ++f)
      out += ",\"" + std::string(field_names[f]) + "\":" + std::to_string(counts.with[f]);
    out += '}';
  }
  return out + "}}";
}

}  // namespace chartline::exchange
