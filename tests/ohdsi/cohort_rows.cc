#include "tests/ohdsi/cohort_rows.h"

#include <cstdio>
#include <stdexcept>

#include "tests/integration/must.h"

namespace chartline::ohdsi {
namespace {

using integration::must;

std::string date_text(const query::Cell& cell) {
  const auto* time = std::get_if<record::Time>(&cell);
  if (!time || !time->known()) return "-";
  const record::CivilDay day = record::civil(time->day());
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", day.year, day.month, day.day);
  return text;
}

}  // namespace

std::vector<Rows> listed_rows(engine::Store& store, const std::string& text, query::Executor executor) {
  const query::Prepared prepared = must(query::prepare(store, text, {}));
  if (!prepared.complaints.empty()) throw std::runtime_error(query::render(prepared.complaints, text));
  query::Answers answers;
  must(query::run(prepared, store, store.view(), {.executor = executor}, answers));
  std::vector<Rows> all;
  for (const query::Answer& answer : answers.all) {
    Rows& rows = all.emplace_back();
    for (const auto& row : answer.rows)
      rows.emplace(std::get<std::string>(row[0]), date_text(row[1]), date_text(row[2]));
  }
  return all;
}

Rows cohort_rows(engine::Store& store, const std::string& text, query::Executor executor) {
  return listed_rows(store, text + "list in c\n", executor).front();
}

}  // namespace chartline::ohdsi
