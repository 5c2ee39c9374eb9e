// What writers know of patients: the records of one, and how much of all is held.
#include "engine/patient_indexes.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace chartline::engine {
namespace {

// Against a map, over the sizes at which records stand one after the other, and in a table.
TEST(KnownRecords, AreFoundWhateverCameAndWent) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    KnownRecords records;
    std::map<Hash128, std::uint32_t> expected;
    const std::uint64_t keys = 1 + random() % 40;
    for (int step = 0; step < 60; ++step) {
      const Hash128 key{random() % keys << random() % 3 * 20, 0};  // many fall on the same place
      if (random() % 4 == 0) {
        records.erase(key);
        expected.erase(key);
      } else {
        const auto events = static_cast<std::uint32_t>(1 + random() % 5);
        records[key] = KnownRecord{.content = key, .events = events};
        expected[key] = events;
      }
      for (const auto& [known, events] : expected) {
        ASSERT_NE(records.find(known), nullptr);
        EXPECT_EQ(records.find(known)->events, events);
        EXPECT_EQ(records.find(known)->content, known);
      }
      std::size_t each = 0;
      records.for_each([&](const Hash128& known, const KnownRecord&) { each += expected.contains(known) ? 1 : 100; });
      ASSERT_EQ(each, expected.size());
      EXPECT_EQ(records.find(Hash128{1, 1}), nullptr);
    }
  }
}

PatientIndex of_records(std::uint32_t records) {
  PatientIndex index;
  for (std::uint32_t i = 0; i < records; ++i)
    index.records[{i, i}] = KnownRecord{.content = {}, .first_number = i, .events = 1};
  index.last_number = records;
  return index;
}

constexpr std::uint32_t large = 100;  // records: so that a few hundred patients are too many

TEST(PatientIndexes, WhatIsAskedForStaysAndTheRestIsBounded) {
  PatientIndexes held;
  for (PatientId patient = 0; patient < 500; ++patient) {
    held.add(patient, of_records(large));
    ASSERT_NE(held.find(0), nullptr) << patient;
    held.trim();
    ASSERT_LE(held.bytes(), PatientIndexes::bytes_max);
  }
  EXPECT_EQ(held.find(0)->index.last_number, large);
  ASSERT_NE(held.find(499), nullptr);
  EXPECT_EQ(held.find(1), nullptr);
  held.clear();
  EXPECT_EQ(held.bytes(), 0u);
  EXPECT_EQ(held.find(0), nullptr);
}

TEST(PatientIndexes, WhatAWriterInFlightHasChangedStays) {
  PatientIndexes held;
  for (PatientId patient = 0; patient < 50; ++patient) ++held.add(patient, of_records(large)).in_flight;
  held.trim();
  EXPECT_GT(held.bytes(), PatientIndexes::bytes_max);
  for (PatientId patient = 0; patient < 50; ++patient) {
    ASSERT_NE(held.find(patient), nullptr);
    --held.find(patient)->in_flight;
  }
  held.trim();
  EXPECT_LE(held.bytes(), PatientIndexes::bytes_max);
}

TEST(PatientIndexes, AnIndexThatGrewIsCountedAnew) {
  PatientIndexes held;
  PatientIndexes::Held& one = held.add(7, of_records(1));
  const std::size_t before = held.bytes();
  one.index = of_records(large);
  held.count(one);
  EXPECT_GE(held.bytes(), before + large * 64);
}

}  // namespace
}  // namespace chartline::engine
