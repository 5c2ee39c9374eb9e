// The lists beside a policy: lines of text, most of them comma-separated with a line of column names. Complaints name file
// and line, never what stands there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/record/time.h"

namespace chartline::engine {

struct Line {
  std::string_view text;  // without white space around it
  std::uint64_t number = 0;
  std::string_view origin{};
  Error complaint(std::string_view what) const;
};
// Empty lines and those that begin with # are left out. Borrows both.
std::vector<Line> lines_of(std::string_view text, std::string_view origin);

std::optional<record::Day> parse_day(std::string_view text);  // 2026-11-20

// The fields of each line under the columns asked for, in their order; "" where the file has no such column. A column that
// is required and absent, one that nobody asked for, and a line with more or fewer fields are complained about.
struct Column {
  std::string_view name;
  bool required = true;
};
struct ListRow {
  Line line;
  std::vector<std::string> fields;
};
Result<std::vector<ListRow>> rows_of(std::string_view text, std::string_view origin, const std::vector<Column>& columns);

}  // namespace chartline::engine
