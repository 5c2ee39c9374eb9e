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
  const stored::PostingSort& s = p;
  return std::tuple(p.patient, p.value_word, p.day, p.second, p.number, p.end, s.source, s.unit, s.value_form, s.flags,
                    s.offset, s.end_shift, s.kind, s.author, s.status, s.certainty);
}

// Codes rare and frequent, with more sorts than are remembered at once; room that is given back is used again.
TEST(WaitingPostings, GivesBackWhatCameByCode) {
  std::mt19937 random(20261127);
  PostingRoom room;
  WaitingPostings waiting(room);
  std::map<Name, std::vector<NarrowPosting>> expected;
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    const Name of_attribute = random() % 9 == 0 ? stored::attribute_postings : 0;
    const Name code = of_attribute | static_cast<Name>(random() % 3 == 0 ? random() % 2'000 : random() % 7);
    const std::uint32_t sort = random() % 5 == 0 ? static_cast<std::uint32_t>(random() % 500) : 3;
    const NarrowPosting posting{{.source = sort,
                                 .unit = sort / 7,
                                 .value_form = static_cast<std::uint16_t>(sort % 40),
                                 .flags = static_cast<std::uint16_t>(sort % 3),
                                 .offset = static_cast<std::int16_t>(sort % 5 * 60 - 120),
                                 .end_shift = static_cast<std::int16_t>(sort % 11 * 60 - 300),
                                 .kind = static_cast<record::Kind>(sort % record::kind_count),
                                 .author = static_cast<record::Author>(sort % record::author_count),
                                 .status = static_cast<record::Status>(sort % record::status_count),
                                 .certainty = static_cast<record::Certainty>(sort % record::certainty_count)},
                                i / 10,
                                random() * std::uint64_t{random()},
                                static_cast<stored::Day>(random() % 30'000) - 5'000,
                                static_cast<std::uint32_t>(random() % 86'400),
                                i,
                                static_cast<std::uint32_t>(random() % 1'000)};
    if (random() % 2 == 0) {
      waiting.add(code, posting);
    } else {
      waiting.add_plain(code, posting, sort);
    }
    expected[code].push_back(posting);
    if (i % 50'000 != 0) continue;
    for (const Name packed : {Name{0}, Name{3}, code}) {
      if (waiting.count(packed) > 0) waiting.clear(packed);
      expected.erase(packed);
    }
  }
  std::size_t count = 0;
  std::vector<Name> names;
  for (const auto& [code, postings] : expected) names.push_back(code);
  ASSERT_EQ(waiting.names(), names);
  ASSERT_EQ(waiting.count(2'000), 0u);
  for (const Name code : names) {
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
