#include "engine/dictionary.h"

#include <gtest/gtest.h>

#include <list>
#include <string>
#include <thread>
#include <vector>

#include "base/hash.h"

namespace chartline::engine {
namespace {

using Which = stored::Dictionary;

const record::Code asthma{.system = "snomed", .code = "195967001", .display = "Asthma"};

std::vector<stored::NewName> pending(Dictionary& names, record::Arena& room) {
  std::vector<Bytes> encoded;
  names.take_pending(encoded);
  static std::list<Bytes> kept;  // names borrow from the record's bytes
  const Bytes& bytes = kept.emplace_back(stored::encode_record(1, 1, encoded));
  std::vector<stored::NewName> found;
  Result<stored::ChangeRecord> record = stored::decode_record(bytes, room);
  if (!record) return ADD_FAILURE() << record.error().message, found;
  for (const stored::Change& change : record->changes) found.push_back(std::get<stored::NewName>(change));
  return found;
}

TEST(Dictionary, NumbersNamesInOrderOfFirstSight) {
  Dictionary names;
  EXPECT_EQ(names.intern(asthma), 1U);
  EXPECT_EQ(names.intern(record::Code{.system = "icd10", .code = "J45"}), 2U);
  EXPECT_EQ(names.intern(asthma), 1U);
  EXPECT_EQ(names.intern_unit("mg"), 1U);
  EXPECT_EQ(names.intern_attribute("mg"), 1U);
  EXPECT_EQ(names.intern(record::Source{.organisation = "RYJ", .system = ""}), 1U);
  EXPECT_EQ(names.intern(record::Source{.organisation = "", .system = "RYJ"}), 2U);
  EXPECT_EQ(names.size(Which::code), 2U);
  EXPECT_EQ(names.code(1).display, "Asthma");
  EXPECT_EQ(names.code(2).code, "J45");
  EXPECT_EQ(names.unit(1), "mg");
  EXPECT_EQ(names.attribute(1), "mg");
  EXPECT_EQ(names.source(2).system, "RYJ");
}

TEST(Dictionary, KnowsTheSystemsOfItsCodesAsTheyCome) {
  Dictionary names;
  EXPECT_TRUE(names.code_systems().empty());
  names.intern(record::Code{.system = "loinc", .code = "1"});
  names.intern(record::Code{.system = "icd10", .code = "1"});
  names.intern(record::Code{.system = "loinc", .code = "2"});
  EXPECT_EQ(names.code_systems(), (std::vector<std::string_view>{"icd10", "loinc"}));
  names.intern(record::Code{.system = "atc", .code = "1"});
  EXPECT_EQ(names.code_systems(), (std::vector<std::string_view>{"atc", "icd10", "loinc"}));
  Dictionary loaded;
  ASSERT_TRUE(loaded.load_page(Which::code, 0, names.encode_page(Which::code, 0, 3)));
  EXPECT_EQ(loaded.code_systems(), (std::vector<std::string_view>{"icd10", "loinc"}));
}

TEST(Dictionary, GivesEmptyNamesZero) {
  Dictionary names;
  EXPECT_EQ(names.intern(record::Code{.system = "snomed"}), 0U);
  EXPECT_EQ(names.intern(record::Source{}), 0U);
  EXPECT_EQ(names.intern_unit(""), 0U);
  EXPECT_EQ(names.intern_attribute(""), 0U);
  EXPECT_TRUE(names.code(0).empty());
  EXPECT_EQ(names.unit(0), "");
  EXPECT_EQ(names.text_hash(Which::code, 0), 0U);
  EXPECT_EQ(names.size(Which::code), 0U);
}

TEST(Dictionary, KeepsWhereOneTextEndsAndTheNextBegins) {
  Dictionary names;
  EXPECT_NE(names.intern(record::Code{.system = "ab", .code = "c"}),
            names.intern(record::Code{.system = "a", .code = "bc"}));
}

TEST(Dictionary, FindsOnlyWhatWasGiven) {
  Dictionary names;
  names.intern(asthma);
  EXPECT_EQ(names.find(asthma), 1U);
  EXPECT_EQ(names.find(record::Code{.system = "snomed", .code = "195967002"}), std::nullopt);
  EXPECT_EQ(names.find(record::Source{.organisation = "snomed", .system = "195967001"}), std::nullopt);
  EXPECT_EQ(names.size(Which::code), 1U);
}

TEST(Dictionary, HashesTheTextAndNotTheNumber) {
  Dictionary one, two;
  one.intern(record::Code{.system = "icd10", .code = "J45"});
  const Name in_one = one.intern(asthma);
  const Name in_two = two.intern(record::Code{.system = "snomed", .code = "195967001", .display = "Another display"});
  EXPECT_NE(in_one, in_two);
  EXPECT_EQ(one.text_hash(Which::code, in_one), two.text_hash(Which::code, in_two));
  EXPECT_NE(one.text_hash(Which::code, 1), one.text_hash(Which::code, 2));
}

TEST(Dictionary, HandsEachNewNameOutOnce) {
  Dictionary names;
  record::Arena room;
  names.intern(asthma);
  names.intern_unit("mg");
  names.intern(asthma);
  const std::vector<stored::NewName> first = pending(names, room);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].dictionary, Which::code);
  EXPECT_EQ(first[0].number, 1U);
  EXPECT_EQ(first[0].second, "195967001");
  EXPECT_EQ(first[0].third, "Asthma");
  EXPECT_EQ(first[1].dictionary, Which::unit);
  EXPECT_TRUE(pending(names, room).empty());
}

TEST(Dictionary, TakesADisplayThatComesLater) {
  Dictionary names;
  record::Arena room;
  names.intern(record::Code{.system = "snomed", .code = "195967001"});
  EXPECT_EQ(names.code(1).display, "");
  pending(names, room);
  EXPECT_EQ(names.intern(asthma), 1U);
  EXPECT_EQ(names.code(1).display, "Asthma");
  const std::vector<stored::NewName> again = pending(names, room);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].number, 1U);
  EXPECT_EQ(again[0].third, "Asthma");
  names.intern(record::Code{.system = "snomed", .code = "195967001", .display = "Second thoughts"});
  EXPECT_EQ(names.code(1).display, "Asthma");
  EXPECT_TRUE(pending(names, room).empty());

  Dictionary replayed;
  ASSERT_TRUE(
      replayed.learn({.dictionary = Which::code, .number = 1, .first = "snomed", .second = "195967001", .third = ""}));
  ASSERT_TRUE(replayed.learn(again[0]));
  EXPECT_EQ(replayed.code(1).display, "Asthma");
}

TEST(Dictionary, SaysWhichPagesGotADisplayLate) {
  Dictionary names;
  for (int i = 0; i < 600; ++i)
    names.intern(record::Code{.system = "local", .code = std::to_string(i), .display = i == 0 ? "known" : ""});
  EXPECT_TRUE(names.take_late_pages(Which::code, 600).empty());
  for (const int late : {0, 5, 6, 599})
    names.intern(record::Code{.system = "local", .code = std::to_string(late), .display = "late"});
  EXPECT_EQ(names.take_late_pages(Which::code, 512), std::vector<std::uint32_t>{0});
  EXPECT_EQ(names.take_late_pages(Which::code, 600), std::vector<std::uint32_t>{2});
  EXPECT_TRUE(names.take_late_pages(Which::code, 600).empty());
  ASSERT_TRUE(
      names.learn({.dictionary = Which::code, .number = 300, .first = "local", .second = "299", .third = "replayed"}));
  EXPECT_EQ(names.take_late_pages(Which::code, 600), std::vector<std::uint32_t>{1});
}

TEST(Dictionary, LearnsNamesInOrder) {
  Dictionary names;
  record::Arena room;
  const stored::NewName mg{.dictionary = Which::unit, .number = 1, .first = "mg", .second = "", .third = ""};
  const stored::NewName ml{.dictionary = Which::unit, .number = 2, .first = "mL", .second = "", .third = ""};
  EXPECT_EQ(names.learn(ml).error().fault, Fault::corrupt);  // skips a number
  ASSERT_TRUE(names.learn(mg));
  ASSERT_TRUE(names.learn(mg));  // again
  ASSERT_TRUE(names.learn(ml));
  EXPECT_FALSE(names.learn({.dictionary = Which::unit, .number = 1, .first = "mL", .second = "", .third = ""}));
  EXPECT_FALSE(names.learn({.dictionary = Which::unit, .number = 1, .first = "kg", .second = "", .third = ""}));
  EXPECT_FALSE(names.learn({.dictionary = Which::unit, .number = 3, .first = "mg", .second = "", .third = ""}));
  EXPECT_FALSE(names.learn({.dictionary = Which::unit, .number = 3, .first = "", .second = "", .third = ""}));
  EXPECT_FALSE(names.learn({.dictionary = Which::unit, .number = 0, .first = "kg", .second = "", .third = ""}));
  EXPECT_EQ(names.size(Which::unit), 2U);
  EXPECT_TRUE(pending(names, room).empty());
}

TEST(Dictionary, KeepsPages) {
  Dictionary names;
  for (int i = 0; i < 700; ++i) {
    const std::string code = "C" + std::to_string(i);
    names.intern(record::Code{.system = "local", .code = code, .display = i % 3 ? "" : code});
  }
  Dictionary loaded;
  for (std::uint32_t page = 0; page < 3; ++page) {
    ASSERT_TRUE(loaded.load_page(Which::code, page, names.encode_page(Which::code, page, 600)));
  }
  ASSERT_EQ(loaded.size(Which::code), 600U);
  for (Name number = 1; number <= 600; ++number) {
    EXPECT_EQ(loaded.code(number).code, names.code(number).code);
    EXPECT_EQ(loaded.code(number).display, names.code(number).display);
  }
}

TEST(Dictionary, RefusesADamagedPage) {
  Dictionary names;
  names.intern(asthma);
  names.intern(record::Code{.system = "icd10", .code = "J45"});
  const Bytes page = names.encode_page(Which::code, 0, 2);
  for (std::size_t bit = 0; bit < page.size() * 8; ++bit) {
    Bytes damaged = page;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    Dictionary loaded;
    EXPECT_EQ(loaded.load_page(Which::code, 0, damaged).error().fault, Fault::corrupt) << "bit " << bit;
    EXPECT_EQ(loaded.size(Which::code), 0U);
  }
  for (std::size_t length = 0; length < page.size(); ++length) {
    Dictionary loaded;
    EXPECT_FALSE(loaded.load_page(Which::code, 0, BytesView(page).substr(0, length))) << "length " << length;
  }
  Dictionary loaded;
  EXPECT_FALSE(loaded.load_page(Which::code, 1, page));  // another page's place
}

TEST(Dictionary, RefusesAPageOfANewerVersion) {
  Dictionary names;
  names.intern(asthma);
  Bytes page = names.encode_page(Which::code, 0, 1);
  page[0] = 2;
  page.resize(page.size() - 8);
  Writer(page).u64(hash64(page));
  EXPECT_EQ(names.load_page(Which::code, 0, page).error().fault, Fault::unsupported);
}

TEST(Dictionary, GivesTheSameNumbersToAllThreads) {
  Dictionary names;
  constexpr int distinct = 20'000;
  std::vector<std::vector<Name>> given(4, std::vector<Name>(distinct));
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < given.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < distinct; ++i) {
        const int n = t % 2 ? distinct - 1 - i : i;
        const std::string code = std::to_string(n);
        const Name number = names.intern(record::Code{.system = "local", .code = code, .display = t == 0 ? "d" : ""});
        given[t][static_cast<std::size_t>(n)] = number;
        if (names.code(number).code != code) ADD_FAILURE() << "another name under number " << number;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(names.size(Which::code), static_cast<std::uint32_t>(distinct));
  for (std::size_t t = 1; t < given.size(); ++t) EXPECT_EQ(given[t], given[0]);
  for (Name number = 1; number <= distinct; ++number) EXPECT_EQ(names.code(number).display, "d");
  EXPECT_GT(names.bytes(), static_cast<std::uint64_t>(distinct) * 48);
}

}  // namespace
}  // namespace chartline::engine
