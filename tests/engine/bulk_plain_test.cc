// Patients whose rows are plain but for a few become what decide_all() makes of them: the same runs byte for byte, postings, content and
// counts, whatever came when.
#include "engine/bulk_plain.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "engine/bulk_patient.h"
#include "engine/content.h"
#include "engine/demographics.h"
#include "engine/fold.h"

namespace chartline::engine {
namespace {

using record::Value;

constexpr Micros recorded = 1'700'000'000'000'000;

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  // Few days, codes and values, so that rows meet. `whole_ones` asks for some that are not plain.
  stored::Row row(Dictionary& names, record::Arena& room, bool whole_ones) {
    record::Event event;
    event.kind = one_in(9) ? record::Kind::medication : record::Kind::observation;
    if (one_in(8)) event.status = record::Status::final;
    if (one_in(12)) event.certainty = record::Certainty::refuted;
    if (one_in(12)) event.author = record::Author::patient;
    event.code = {.system = "local", .code = room.text("c" + std::to_string(below(4))), .display = {}};
    event.source = {.organisation = "org", .system = {}};
    const auto day = static_cast<record::Day>(days_ == 0 ? 0 : below(days_)) - 3;
    event.start = record::day_time(day, static_cast<std::int16_t>(60 * below(2)));
    if (one_in(timed_))
      event.start.local += static_cast<Micros>(below(3)) * 3'600'000'000 + 1'000'000,
          event.start.precision = record::Precision::second;
    if (one_in(40)) event.start = {};
    if (one_in(30)) event.end.form = record::End::Form::ongoing;
    if (one_in(2)) {
      event.value.form = Value::Form::number;
      event.value.number = record::decimal(static_cast<std::int64_t>(below(5)), static_cast<int>(below(2)));
      if (one_in(3)) event.value.unit = "mg";
      if (one_in(9)) event.value.comparator = record::Comparator::less;
    } else if (one_in(6)) {
      event.value.form = Value::Form::boolean, event.value.boolean = one_in(2);
    }
    if (!whole_ones || !one_in(6)) return to_row(event, names, room);
    switch (below(5)) {
      case 0: event.value = {.form = Value::Form::text, .text = room.text("t" + std::to_string(below(2)))}; break;
      case 1: event.end = {record::End::Form::at, record::day_time(day + 2)}; break;
      case 2:
        event.translations = room.array(std::vector<record::Code>{{.system = "snomed", .code = "1", .display = {}}});
        break;
      case 3:
        event.kind = one_in(2) ? record::Kind::patient : record::Kind::death;
        event.attributes = room.array(
            std::vector<record::Attribute>{{"birth", {.form = Value::Form::date, .date = record::day_time(1)}}});
        break;
      default: event.encounter = "visit";
    }
    return to_row(event, names, room);
  }
  void choose_density() { days_ = below(400), timed_ = 1 + below(6); }

 private:
  std::mt19937_64 random_;
  std::uint64_t days_ = 10, timed_ = 3;
};

std::vector<std::string> bytes_of(const std::vector<EncodedRun>& runs) {
  std::vector<std::string> all;
  for (const EncodedRun& run : runs)
    all.push_back(std::to_string(run.ref.first) + " " + std::to_string(run.ref.last) + " " +
                  std::to_string(run.ref.count) + run.ref.record_ids + run.bytes.hot + run.bytes.details);
  return all;
}

TEST(BulkPlain, DecidesAsWholeRowsAreDecided) {
  constexpr std::uint64_t seed = 20'261'127;
  SCOPED_TRACE("seed " + std::to_string(seed));
  World world(seed);
  Dictionary names;
  std::size_t decided = 0, with_wholes = 0;
  for (int round = 0; round < 600; ++round) {
    world.choose_density();
    record::Arena room;
    RowSorter sorter("", 64 << 20, 2);
    const bool whole_ones = world.one_in(2);
    const std::uint64_t rows = 1 + world.below(world.one_in(20) ? 3'000 : 60);
    RowSorter::Lane *one = &sorter.take_lane(), *other = &sorter.take_lane();
    for (std::uint64_t i = 0; i < rows; ++i) {
      if (world.one_in(10)) std::swap(one, other);
      ASSERT_TRUE(sorter.add(*one, i, PatientRef{0, 5}, world.row(names, room, whole_ones), true, ""));
    }
    ASSERT_TRUE(sorter.finish());
    auto stream = RowSorter::Stream::open(sorter, 0, ~std::uint64_t{0});
    ASSERT_TRUE(stream);
    RowSorter::Sorted sorted;
    PatientRef who;
    ASSERT_TRUE(stream->next(who, sorted).value());
    ASSERT_EQ(sorted.waiting.size(), rows);

    ImportCounts counts, counts_of_all;
    PlainPatient plain(sorter, recorded);
    const bool can = plain.decide(sorted, names, counts).value();
    ASSERT_TRUE(sorter.unpack(sorted));
    const BulkPatient all = decide_all(sorted, names, recorded, counts_of_all);
    if (!can) {
      EXPECT_EQ(counts.records + counts.equal_rows + counts.before_birth + counts.after_death, 0u);
      continue;
    }
    ++decided;
    EXPECT_EQ(plain.content(), all.content);
    EXPECT_EQ(counts.records, counts_of_all.records);
    EXPECT_EQ(counts.events, counts_of_all.events);
    EXPECT_EQ(counts.created, counts_of_all.created);
    EXPECT_EQ(counts.equal_rows, counts_of_all.equal_rows);
    EXPECT_EQ(counts.before_birth, counts_of_all.before_birth);
    EXPECT_EQ(counts.after_death, counts_of_all.after_death);
    EXPECT_EQ(plain.has_demographics(), all.demographics);
    if (all.demographics) {
      EXPECT_EQ(plain.demographics().birth.local, demographics_of(all.rows, names).birth.local);
      EXPECT_EQ(plain.demographics().dead, demographics_of(all.rows, names).dead);
      EXPECT_EQ(plain.demographics().death.local, demographics_of(all.rows, names).death.local);
    }
    std::uint64_t run = 1, run_of_all = 1;
    EXPECT_EQ(bytes_of(encode_runs(plain.rows(), run)), bytes_of(encode_runs(all.rows, run_of_all, &names)));
    EXPECT_EQ(run, run_of_all);
    ASSERT_EQ(plain.rows().size(), all.rows.size());
    for (std::size_t i = 0; i < all.rows.size(); ++i) {
      const stored::MixedRows mixed = plain.rows();
      with_wholes += mixed[i].is_whole();
      const stored::NarrowPosting posting =
          mixed[i].is_whole()
              ? stored::narrow_posting_of(5, mixed.row(i))
              : stored::narrow_posting_of(5, mixed[i].plain, mixed.sort(i), static_cast<std::uint32_t>(i + 1));
      const stored::NarrowPosting expected = stored::narrow(stored::posting_of(5, all.rows[i]));
      EXPECT_EQ(stored::encode_postings(std::span(&posting, 1)).bytes,
                stored::encode_postings(std::span(&expected, 1)).bytes);
    }
  }
  EXPECT_GT(decided, 200u);
  EXPECT_GT(with_wholes, 200u);
}

}  // namespace
}  // namespace chartline::engine
