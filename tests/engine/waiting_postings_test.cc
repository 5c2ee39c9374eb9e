#include "engine/waiting_postings.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>
#include <vector>

namespace chartline::engine {
namespace {

using stored::Name;
using stored::NarrowPosting;

auto all_of(const NarrowPosting& p) {
  return std::tuple(p.patient, p.day, p.second, p.number, p.source, p.unit, p.value_word, p.value_form, p.offset,
                    p.flags, p.kind);
}

// Codes rare and frequent, with more sorts than are remembered at once; room that is given back is used again.
TEST(WaitingPostings, GivesBackWhatCameByCode) {
  std::mt19937 random(20261127);
  PostingRoom room;
  WaitingPostings waiting(room);
  std::map<Name, std::vector<NarrowPosting>> expected;
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    const auto code = static_cast<Name>(random() % 3 == 0 ? random() % 2'000 : random() % 7);
    const std::uint32_t sort = random() % 5 == 0 ? static_cast<std::uint32_t>(random() % 500) : 3;
    NarrowPosting posting{.patient = i / 10,
                          .day = static_cast<stored::Day>(random() % 30'000) - 5'000,
                          .second = static_cast<std::uint32_t>(random() % 86'400),
                          .number = i,
                          .source = sort,
                          .unit = sort / 7,
                          .value_word = random() * std::uint64_t{random()},
                          .value_form = static_cast<std::uint16_t>(sort % 40),
                          .offset = static_cast<std::int16_t>(sort % 5 * 60 - 120),
                          .flags = static_cast<std::uint8_t>(sort % 3),
                          .kind = static_cast<record::Kind>(sort % record::kind_count)};
    if (random() % 2 == 0) {
      waiting.add(code, posting);
    } else {
      waiting.add_plain(code, posting, sort);
    }
    expected[code].push_back(posting);
    if (i % 50'000 != 0) continue;
    for (const Name packed : {Name{0}, Name{3}, code}) {
      if (packed < waiting.codes()) waiting.clear(packed);
      expected.erase(packed);
    }
  }
  std::size_t count = 0;
  ASSERT_GE(waiting.codes(), expected.rbegin()->first + 1);
  for (Name code = 0; code <= waiting.codes(); ++code) {
    std::vector<decltype(all_of(NarrowPosting()))> came, given;
    for (const NarrowPosting& posting : expected[code]) came.push_back(all_of(posting));
    waiting.each(code, [&](const NarrowPosting& posting) { given.push_back(all_of(posting)); });
    ASSERT_EQ(given, came) << "code " << code;
    ASSERT_EQ(waiting.count(code), came.size());
    count += came.size();
  }
  EXPECT_EQ(room.waiting, count);
  EXPECT_LE(waiting.sorts(), 500u);  // each once, however often it was forgotten
}

}  // namespace
}  // namespace chartline::engine
