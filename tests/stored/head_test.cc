// Heads and keys: what was written is read, keys sort as what they name, damage is seen.
#include "formats/stored/head.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "formats/stored/id_filter.h"
#include "formats/stored/keys.h"
#include "formats/stored/run.h"
#include "formats/stored/seal.h"
#include "tests/stored/damage.h"

namespace chartline::stored {
namespace {

RunRef sample_run(std::mt19937_64& random) {
  constexpr Micros units[] = {1, record::micros_per_second, record::micros_per_day};
  const Micros unit = units[random() % 3];
  RunRef run;
  run.first = (static_cast<Micros>(random() % 40'000) - 20'000) * unit;
  run.last = run.first + static_cast<Micros>(random() % 40'000) * unit;
  run.run = random() >> random() % 64;
  run.count = static_cast<std::uint32_t>(random() >> 32);
  run.hot_checksum = random();
  run.details_checksum = random() % 2 ? random() : 0;
  return run;
}

Head sample_head(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Head head;
  head.last_number = static_cast<std::uint32_t>(random() >> 32);
  head.events = static_cast<std::uint32_t>(random() >> 40);
  head.content = {random(), random()};
  head.last_change = static_cast<Micros>(random());
  for (std::size_t i = random() % 5; i > 0; --i) head.runs.push_back(sample_run(random));
  if (head.runs.size() == 1 && random() % 2)
    head.hot = sealed_copy(Bytes(random() % 300, 'h')), head.runs[0].in_head = true,
    head.runs[0].hot_checksum = hash64(head.hot);
  if (random() % 3 == 0) head.past_events = static_cast<std::uint32_t>(random() >> 40);
  if (random() % 3 == 0) head.past_content = {random(), random()};
  if (random() % 3 == 0) head.history.push_back(sample_run(random));
  return head;
}

// The bytes of the head, which give it back, and harm nobody when they are damaged.
Bytes bytes_that_give_back(const Head& head, std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Bytes bytes = encode(head);
  const auto decoded = decode_head(bytes);
  EXPECT_TRUE(decoded);
  if (!decoded) return bytes;
  EXPECT_EQ(decoded->last_number, head.last_number);
  EXPECT_EQ(decoded->events, head.events);
  EXPECT_EQ(decoded->content, head.content);
  EXPECT_EQ(decoded->last_change, head.last_change);
  EXPECT_EQ(decoded->runs, head.runs);
  EXPECT_EQ(decoded->past_events, head.past_events);
  EXPECT_EQ(decoded->past_content, head.past_content);
  EXPECT_EQ(decoded->history, head.history);
  EXPECT_EQ(decoded->hot, head.hot);
  expect_no_harm(bytes, seed, 200, [](BytesView b) { return decode_head(b); });
  return bytes;
}

TEST(Head, GivesBackAny) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) bytes_that_give_back(sample_head(seed), seed);
  expect_damage_is_seen(encode(sample_head(2)), [](BytesView bytes) { return decode_head(bytes); });
}

TEST(Head, OfARunThatStandsInItIsSeenWhenDamaged) {
  Head head;
  head.runs.push_back({1, 2, 3, 4, false, 5, 6});
  head.runs[0].in_head = true, head.hot = sealed_copy("the columns of a run");
  expect_damage_is_seen(encode(head), [](BytesView bytes) { return decode_head(bytes); });
}

// Of who was bulk-loaded: what the run in the head says itself is left out of it.
TEST(Head, OfARunThatStandsInItIsBrief) {
  const auto head_of = [](std::size_t rows, Micros last_change, Micros recorded_last) {
    std::vector<Row> all(rows);
    for (std::uint32_t i = 0; i < rows; ++i) {
      all[i].number = i + 1, all[i].recorded = 1'700'000'000'000'000;
      all[i].start = {i * record::micros_per_day, 0, record::Precision::day};
    }
    all.back().recorded = recorded_last;
    const RunBytes bytes = encode_run(all);
    Head head;
    head.content = {1, 2}, head.last_change = last_change;
    head.last_number = head.events = static_cast<std::uint32_t>(rows);
    head.runs.push_back({0, all.back().start.local, 1, head.events, true, bytes.hot_checksum, 0});
    head.hot = bytes.hot;
    return head;
  };
  const auto bytes_beside_the_run = [](const Head& head) {
    return bytes_that_give_back(head, 7).size() - sealed_content(head.hot).size();
  };
  constexpr Micros then = 1'700'000'000'000'000;
  EXPECT_EQ(bytes_beside_the_run(head_of(100, then, then)), 1 + 2 + 16 + 4 + 1 + 4u);
  EXPECT_EQ(bytes_beside_the_run(head_of(100, then + 1, then)), 1 + 2 + 16 + 8 + 4 + 1 + 4u) << "changed later";
  EXPECT_EQ(bytes_beside_the_run(head_of(100, then, then - 1)), 1 + 2 + 16 + 8 + 4 + 1 + 4u)
      << "recorded at different times";
  for (const auto& change : std::initializer_list<void (*)(Head&)>{
           [](Head& head) { ++head.last_number; }, [](Head& head) { --head.events; },
           [](Head& head) { --head.runs[0].count; }, [](Head& head) { head.past_events = 1; }}) {
    Head head = head_of(100, then, then);
    change(head);
    EXPECT_GT(bytes_beside_the_run(head), 1 + 2 + 16 + 8 + 4 + 1 + 4u) << "the run does not say all";
  }
}

TEST(Head, RefusesABriefOneThatDoesNotSayAll) {
  const auto decode = [](std::uint64_t form, std::uint8_t flags, BytesView hot) {
    Bytes content;
    Writer write(content);
    write.varint(0), write.varint(form), write.u64(1), write.u64(2);
    if (form == 1) write.signed_varint(5);
    write.u8(flags), write.varint(0), write.varint(0), write.varint(1), write.text(hot);
    return decode_head(sealed_copy(content)).has_value();
  };
  const BytesView columns("\3\0", 2);
  EXPECT_TRUE(decode(1, 16, columns));
  EXPECT_FALSE(decode(2, 16, columns)) << "not when its rows were recorded";
  EXPECT_FALSE(decode(3, 16, columns)) << "no such form";
  EXPECT_FALSE(decode(1, 0, columns)) << "its run stands elsewhere";
  EXPECT_FALSE(decode(1, 16, BytesView("\xff\xff\xff\xff\x7f", 5))) << "more rows than there can be";
}

TEST(Head, TakesTheCoarsestUnitOfBothInstants) {
  constexpr Micros day = record::micros_per_day, second = record::micros_per_second;
  for (const auto& [first, last] :
       {std::pair{day, 2 * day}, {day, day + second}, {day, day + 1}, {second, day}, {Micros{1}, day}}) {
    Head head;
    head.runs.push_back({first, last, 1, 1, false, 1, 0});
    const auto decoded = decode_head(encode(head));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->runs, head.runs);
  }
}

TEST(Head, OfOneRunOfDaysIsSmall) {
  Head head;
  head.last_number = head.events = 100;
  head.content = {1, 2};
  head.runs.push_back({9000 * record::micros_per_day, 20'000 * record::micros_per_day, 1'000'000, 100, false, 3, 0});
  EXPECT_LE(encode(head).size(), 45u);
}

TEST(Head, TellsRunsApartByEveryField) {
  const RunRef run{1, 2, 3, 4, false, 5, 6};
  EXPECT_EQ(run, (RunRef{1, 2, 3, 4, false, 5, 6}));
  for (const RunRef& other : {RunRef{0, 2, 3, 4, false, 5, 6},
                              {1, 0, 3, 4, false, 5, 6},
                              {1, 2, 0, 4, false, 5, 6},
                              {1, 2, 3, 0, false, 5, 6},
                              {1, 2, 3, 4, false, 0, 6},
                              {1, 2, 3, 4, false, 5, 0}}) {
    EXPECT_NE(run, other);
  }
}

TEST(Head, KeepsTheFilterOfRecordIds) {
  Head head;
  head.runs.push_back({1, 2, 3, 4, false, 5, 6});
  head.runs.push_back({1, 2, 4, 4, false, 5, 6, make_id_filter(std::vector<Hash128>{{7, 8}})});
  const auto decoded = decode_head(encode(head));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->runs, head.runs);
}

TEST(IdFilter, HoldsWhatItWasMadeOfAndLittleElse) {
  EXPECT_EQ(make_id_filter({}), "");
  EXPECT_FALSE(may_hold("", {1, 2}));
  for (const std::size_t count : {1u, 2u, 10u, 1000u}) {
    std::vector<Hash128> held;
    for (std::size_t i = 0; i < count; ++i) held.push_back(hash128("held " + std::to_string(i)));
    const Bytes filter = make_id_filter(held);
    EXPECT_EQ(filter.size(), (count * 10 + 7) / 8);
    for (const Hash128& record : held) EXPECT_TRUE(may_hold(filter, record));
    int mistaken = 0;
    for (int i = 0; i < 10'000; ++i) mistaken += may_hold(filter, hash128("other " + std::to_string(i)));
    EXPECT_LE(mistaken, 300) << count;
  }
}

TEST(Head, HoldsInstantsAtTheEndsOfTime) {
  Head head;
  head.runs.push_back({std::numeric_limits<Micros>::min(), std::numeric_limits<Micros>::max(), 1, 1, false, 1, 0});
  const auto decoded = decode_head(encode(head));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->runs, head.runs);
}

TEST(Head, RefusesWrongContent) {
  const auto decode = [](std::uint64_t last_number, std::uint64_t events, std::uint8_t flags, std::int64_t first,
                         std::uint64_t span, std::uint64_t count) {
    Bytes content;
    Writer write(content);
    write.varint(last_number);
    write.varint(events);
    write.u64(1), write.u64(2);
    write.signed_varint(-5);
    write.varint(1);
    write.u8(flags);
    write.signed_varint(first);
    write.varint(span);
    write.varint(1);
    write.varint(count);
    write.u64(3);
    return decode_head(sealed(content)).has_value();
  };
  constexpr std::uint64_t most = 0xffffffffu;
  constexpr std::int64_t days_max = 106'751'991;
  EXPECT_TRUE(decode(most, most, 4, days_max - 1, 1, most));
  EXPECT_FALSE(decode(most + 1, 1, 4, 0, 0, 1)) << "last number";
  EXPECT_FALSE(decode(1, most + 1, 4, 0, 0, 1)) << "events";
  EXPECT_FALSE(decode(1, 1, 32, 0, 0, 1)) << "flags";
  EXPECT_FALSE(decode(1, 1, 16, 0, 0, 1)) << "a run in the head that is not as long as it says";
  EXPECT_FALSE(decode(1, 1, 4, days_max + 1, 0, 1)) << "first";
  EXPECT_FALSE(decode(1, 1, 4, -days_max - 1, 0, 1)) << "first";
  EXPECT_FALSE(decode(1, 1, 4, days_max, 1, 1)) << "last";
  EXPECT_FALSE(decode(1, 1, 0, 5, ~std::uint64_t{0}, 1)) << "last before first";
  EXPECT_FALSE(decode(1, 1, 4, 0, 0, most + 1)) << "count";

  const auto with_history = [](std::uint64_t past_events, bool runs) {
    Bytes content;
    Writer write(content);
    write.varint(1), write.varint(1);
    write.u64(1), write.u64(2);
    write.signed_varint(-5);
    write.varint(0);
    write.varint(past_events);
    write.u64(1), write.u64(2);
    write.varint(runs ? 9 : 0);
    return decode_head(sealed(content)).has_value();
  };
  EXPECT_TRUE(with_history(1, false));
  EXPECT_FALSE(with_history(most + 1, false));
  EXPECT_FALSE(with_history(1, true)) << "more runs than bytes";

  Head past;
  past.history.push_back({1, 2, 3, 4, false, 5, 6});
  EXPECT_TRUE(decode_head(encode(past)));
  past.history[0].in_head = true;
  past.hot = sealed_copy("columns");
  EXPECT_FALSE(decode_head(encode(past))) << "runs of history stand in their own table";
}

TEST(Keys, NameWhatTheyWereMadeOf) {
  const auto head = parse_timeline_key(head_key(7));
  ASSERT_TRUE(head);
  EXPECT_TRUE(head->head);
  EXPECT_EQ(head->patient, 7u);
  const auto run = parse_timeline_key(run_key(7, -5, 9));
  ASSERT_TRUE(run);
  EXPECT_FALSE(run->head);
  EXPECT_EQ(run->patient, 7u);
  EXPECT_EQ(run->first, -5);
  EXPECT_EQ(run->run, 9u);
  const auto directory = parse_postings_key(directory_key(11));
  ASSERT_TRUE(directory);
  EXPECT_TRUE(directory->directory);
  EXPECT_EQ(directory->code, 11u);
  const auto postings = parse_postings_key(postings_key(11, 1ull << 40, 3));
  ASSERT_TRUE(postings);
  EXPECT_FALSE(postings->directory);
  EXPECT_EQ(postings->code, 11u);
  EXPECT_EQ(postings->run, 1ull << 40);
  EXPECT_EQ(postings->first_block, 3u);
  EXPECT_FALSE(parse_timeline_key("12345"));
  EXPECT_FALSE(parse_timeline_key(""));
  EXPECT_FALSE(parse_postings_key("12345"));
}

TEST(Keys, SortAsTheStoreReads) {
  EXPECT_LT(head_key(1), run_key(1, -10, 5));
  EXPECT_LT(run_key(1, -10, 5), run_key(1, 0, 1)) << "1950 before 1970";
  EXPECT_LT(run_key(1, 7, 5), run_key(1, 7, 6));
  EXPECT_LT(run_key(1, 7, 5), head_key(2));
  EXPECT_LT(head_key(255), head_key(256));
  EXPECT_LT(directory_key(3), postings_key(3, 0, 0));
  EXPECT_LT(postings_key(3, 1, 9), postings_key(3, 2, 0));
  EXPECT_LT(change_key(255), change_key(256));
  EXPECT_LT(details_key(1, 2), details_key(1, 3));
  EXPECT_LT(history_key(1, 2, false), history_key(1, 2, true));
  EXPECT_LT(original_key(1, 2), original_key(2, 1));
}

TEST(Keys, AreDrawnAsDocumented) {
  EXPECT_EQ(run_key(0x01020304, 0, 5), Bytes("\x01\x02\x03\x04\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05", 20));
  EXPECT_EQ(details_key(1, 5), Bytes("\0\0\0\x01\0\0\0\0\0\0\0\x05", 12));
  EXPECT_EQ(history_key(1, 5, true), Bytes("\0\0\0\x01\0\0\0\0\0\0\0\x05\x01", 13));
  EXPECT_EQ(original_key(1, 5), Bytes("\0\0\0\x01\0\0\0\x05", 8));
  EXPECT_EQ(change_key(0x0102), Bytes("\0\0\0\0\0\0\x01\x02", 8));
}

}  // namespace
}  // namespace chartline::stored
