// Half a million events of real intensive care: rows that are equal, many at one timestamp, some without a time.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "formats/exchange/csv.h"
#include "formats/exchange/input.h"
#include "tests/integration/data_set.h"
#include "tests/integration/importing.h"
#include "tests/integration/scratch_store.h"

namespace chartline::integration {
namespace {

using engine::PatientRef;
using engine::Timeline;

struct Row {
  std::uint64_t sequence;
  std::string subject, time, code, value;
};

std::vector<Row> rows_of(const std::string& path) {
  const std::vector<std::string> paths = {path};
  auto inputs = must(exchange::Inputs::open(paths));
  auto csv = must(exchange::Csv::open(*must(inputs.next())));
  const auto column = [&](std::string_view name) { return csv.column(name).value(); };
  const std::size_t seq = column("seq"), subject = column("subject_id"), time = column("time"), code = column("code"),
                    value = column("value");
  std::vector<Row> rows;
  while (must(csv.next()))
    rows.push_back({std::stoull(std::string(csv[seq])), std::string(csv[subject]), std::string(csv[time]),
                    std::string(csv[code]), std::string(csv[value])});
  return rows;
}

std::uint64_t duplicates_of(const std::vector<Row>& rows) {
  std::set<std::tuple<std::string_view, std::string_view, std::string_view, std::string_view>> seen;
  std::uint64_t equal = 0;
  for (const Row& row : rows) equal += !seen.insert({row.subject, row.time, row.code, row.value}).second;
  return equal;
}

TEST(Mimic, KeepsEqualRowsApartAndTiesInTheOrderOfTheFile) {
  const DataSet& set = data_set("MedsMimic");
  if (!set.present()) GTEST_SKIP() << absent;
  const std::vector<Row> rows = rows_of(set.path);
  ASSERT_EQ(rows.size(), 541'443u);
  ASSERT_EQ(duplicates_of(rows), 48'304u);
  std::map<std::string, std::vector<const Row*>> by_subject;
  for (const Row& row : rows) by_subject[row.subject].push_back(&row);
  // Times are all written in one form, so text sorts as time does; rows without one come first.
  for (auto& [subject, list] : by_subject)
    std::stable_sort(list.begin(), list.end(), [](const Row* a, const Row* b) {
      return std::tie(a->time, a->sequence) < std::tie(b->time, b->sequence);
    });

  ScratchStore store(Where::folder);
  const Imported first = import_into(*store, set.format, {set.path});
  EXPECT_EQ(first.stored.created, 541'443u);
  EXPECT_EQ(first.stored.equal_rows, 48'304u);
  const Imported second = import_into(*store, set.format, {set.path});
  EXPECT_EQ(second.stored.unchanged, 541'443u);
  EXPECT_EQ(second.stored.equal_rows, 48'304u);
  EXPECT_EQ(store->stats().events, 541'443u);
  EXPECT_EQ(store->stats().patients, by_subject.size());
  EXPECT_EQ(store->stats().past_events, 0u);

  const engine::View view = store->view();
  for (const auto& [subject, list] : by_subject) {
    const auto patient = must(view.find(subject));
    ASSERT_TRUE(patient.has_value());
    Timeline timeline = must(view.timeline(*patient, {}));
    ASSERT_EQ(timeline.size(), list.size());
    for (std::size_t i = 0; i < timeline.size(); ++i) {
      const auto event = must(timeline.event(i));
      ASSERT_EQ(event.sequence, list[i]->sequence) << "place " << i;
      ASSERT_EQ(event.code.code, list[i]->code) << "place " << i;
      ASSERT_EQ(event.start.known(), !list[i]->time.empty()) << "place " << i;
      ASSERT_EQ(event.value.form == record::Value::Form::none, list[i]->value.empty()) << "place " << i;
    }
  }
}

}  // namespace
}  // namespace chartline::integration
