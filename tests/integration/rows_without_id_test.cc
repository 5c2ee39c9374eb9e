// Rows without ids, in other orders and in parts. What is promised (engine/import.h): a row is known by its content and
// by its ordinal among equal rows of one import, and ties of one patient and start keep the order in which they come.
// So the order of rows of different patients or starts does not matter, nor into how many imports they are cut, as long
// as the rows of one patient and start stay together and in order. Where a cut goes through them, equal rows behind it
// say again what was said before: they are unchanged, and add nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>

#include "engine/maintenance.h"
#include "tests/integration/data_set.h"
#include "tests/integration/importing.h"
#include "tests/integration/scratch_store.h"

namespace chartline::integration {
namespace {

constexpr std::uint64_t seed = 20'261'123;
using Lines = std::vector<std::string>;

struct EventFile {
  std::string header;
  Lines rows;
};

// Twenty patients whose every start has some rows, a third of them equal to another.
EventFile made_file() {
  std::mt19937_64 random(seed);
  EventFile file{"patient,time,code,value", {}};
  for (int i = 0; i < 20'000; ++i)
    file.rows.push_back("p" + std::to_string(random() % 20) + ",2020-01-" + (random() % 2 ? "1" : "2") +
                        std::to_string(random() % 10) + "T0" + std::to_string(random() % 10) + ":00:00Z,c" +
                        std::to_string(random() % 5) + "," + std::to_string(random() % 4));
  return file;
}

EventFile read_file(const std::string& path) {
  EventFile file;
  std::ifstream in(path);
  std::getline(in, file.header);
  for (std::string line; std::getline(in, line);) file.rows.push_back(line);
  return file;
}

// The patient and the start: the first two columns.
std::string tie_of(const std::string& row) { return row.substr(0, row.find(',', row.find(',') + 1)); }

// Another order, rows of one patient and start following each other as before.
Lines shuffled(const Lines& rows) {
  std::mt19937_64 random(seed);
  std::vector<std::size_t> order(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  std::map<std::string, std::vector<std::size_t>> places;
  for (std::size_t place = 0; place < order.size(); ++place) places[tie_of(rows[order[place]])].push_back(place);
  std::map<std::string, std::size_t> used;
  Lines out(rows.size());
  for (const std::string& row : rows) {
    const std::string tie = tie_of(row);
    out[places[tie][used[tie]++]] = row;
  }
  return out;
}

class RowsWithoutId : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const DataSet& set = data_set("SyntheaEvents");
    if (GetParam() == std::string_view("Made")) file_ = made_file();
    else if (!set.present()) GTEST_SKIP() << absent;
    else file_ = read_file(paths_of(set, scratch_).front());
  }

  Imported import(ScratchStore& store, const Lines& rows) {
    std::string text = file_.header + "\n";
    for (const std::string& row : rows) text += row + "\n";
    return import_into(*store, exchange::Format::events, {scratch_.write("part.csv", text)});
  }
  std::string imported(std::initializer_list<Lines> parts) {
    ScratchStore store(Where::memory);
    std::uint64_t created = 0;
    for (const Lines& part : parts) created += import(store, part).stored.created;
    EXPECT_EQ(created, file_.rows.size());
    must(store->fold());
    EXPECT_EQ(store->stats().events, created);
    return hex(must(engine::content_hash(*store, false)));
  }

  exchange::ScratchFolder scratch_;
  EventFile file_;
};

TEST_P(RowsWithoutId, MayComeInAnyOrderOfPatientsAndStarts) {
  const Lines& rows = file_.rows;
  const Lines other = shuffled(rows);
  ASSERT_NE(rows, other);
  const std::string hash = imported({rows});
  EXPECT_EQ(imported({other}), hash);

  // Two halves that keep each patient's start together, in either order.
  Lines first, second;
  for (const std::string& row : rows) (std::hash<std::string>()(tie_of(row)) % 2 ? first : second).push_back(row);
  EXPECT_EQ(imported({first, second}), hash);
  EXPECT_EQ(imported({second, first}), hash);
}

TEST_P(RowsWithoutId, SayTheSameAgainInAnotherImport) {
  ScratchStore store(Where::memory);
  import(store, file_.rows);
  const Hash128 hash = must(engine::content_hash(*store, false));
  const Imported again = import(store, shuffled(file_.rows));
  EXPECT_EQ(again.stored.unchanged, file_.rows.size());
  EXPECT_EQ(must(engine::content_hash(*store, false)), hash);
  // A part of them alone, too: its equal rows are the first of their kind.
  const Lines last_third(file_.rows.end() - static_cast<std::ptrdiff_t>(file_.rows.size() / 3), file_.rows.end());
  const Imported part = import(store, last_third);
  EXPECT_EQ(part.stored.created, 0u);
  EXPECT_EQ(store->stats().events, file_.rows.size());
}

TEST(RowsWithoutIdInParts, AddNothingWhereTheyAreEqual) {
  const exchange::ScratchFolder scratch;
  const std::string row = "p,2020-01-01,c,1\n", header = "patient,time,code,value\n";
  ScratchStore together(Where::memory), apart(Where::memory);
  import_into(*together, exchange::Format::events, {scratch.write("two.csv", header + row + row)});
  import_into(*apart, exchange::Format::events, {scratch.write("one.csv", header + row)});
  const Imported second = import_into(*apart, exchange::Format::events, {scratch.path() + "/one.csv"});
  EXPECT_EQ(together->stats().events, 2u);
  EXPECT_EQ(second.stored.unchanged, 1u);
  EXPECT_EQ(apart->stats().events, 1u);
}

INSTANTIATE_TEST_SUITE_P(Import, RowsWithoutId, testing::Values("Made", "SyntheaEvents"),
                         [](const auto& with) { return std::string(with.param); });

}  // namespace
}  // namespace chartline::integration
