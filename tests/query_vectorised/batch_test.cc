// Who is put into batches, and where they stand in them: against plain sets, at random.
#include "query/vectorised/batch.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace chartline::query::vectorised {
namespace {

constexpr unsigned seed = 20'261'127;
constexpr PatientId first = 2 * block_patients, past = 7 * block_patients;

std::set<PatientId> some_of(std::mt19937& random, unsigned one_in) {
  std::set<PatientId> some;
  for (PatientId id = first; id < past; ++id)
    if (random() % one_in == 0) some.insert(id);
  return some;
}

Candidates candidates_of(const std::set<PatientId>& some) {
  Candidates candidates;
  candidates.start(first, past);
  for (const PatientId id : some) candidates.add(id);
  return candidates;
}

TEST(Batches, HoldEveryCandidateOnceInOrder) {
  std::mt19937 random(seed);
  for (const unsigned one_in : {1u, 2u, 70u, 5'000u}) {
    SCOPED_TRACE(one_in);
    const std::set<PatientId> some = some_of(random, one_in);
    Candidates candidates = candidates_of(some);
    std::vector<PatientId> batched;
    for (Batch batch; candidates.next(batch);) {
      ASSERT_FALSE(batch.some.empty());
      EXPECT_LE(batch.patients(), block_patients);
      EXPECT_EQ(batch.first, batch.some.front());
      EXPECT_EQ(batch.past, batch.some.back() + 1);
      batched.insert(batched.end(), batch.some.begin(), batch.some.end());
    }
    EXPECT_EQ(batched, std::vector<PatientId>(some.begin(), some.end()));
  }
}

TEST(Batches, LeaveOutWhoIsNotAmongOthersToo) {
  std::mt19937 random(seed);
  const std::set<PatientId> one = some_of(random, 3), other = some_of(random, 4);
  Candidates both = candidates_of(one), others = candidates_of(other);
  both.only_those_of(others);
  for (PatientId id = first; id < past; ++id) ASSERT_EQ(both.has(id), one.contains(id) && other.contains(id)) << id;
}

// Few are a list, and more are bits: either way each counts once, and whoever was removed does not.
TEST(Batches, CountEveryCandidateOnce) {
  std::mt19937 random(seed);
  for (const unsigned one_in : {1u, 70u, 5'000u}) {
    SCOPED_TRACE(one_in);
    std::set<PatientId> some = some_of(random, one_in);
    Candidates candidates = candidates_of(some);
    for (const PatientId id : some)
      if (random() % 2) candidates.add(id);
    EXPECT_EQ(candidates.count(), static_cast<std::int64_t>(some.size()));
    for (const PatientId id : some_of(random, 3)) {
      candidates.remove(id);
      some.erase(id);
    }
    EXPECT_EQ(candidates.count(), static_cast<std::int64_t>(some.size()));
  }
}

TEST(Batches, OfNobodyAreNone) {
  Candidates nobody = candidates_of({});
  Batch batch{.first = 1, .past = 2, .some = {1}};
  EXPECT_FALSE(nobody.next(batch));
}

// Asked for in ascending order: each again and again, some passed over.
TEST(Batches, GiveEveryoneAPlace) {
  std::mt19937 random(seed);
  const std::set<PatientId> some = some_of(random, 2);
  Candidates candidates = candidates_of(some);
  for (Batch batch; candidates.next(batch);) {
    Places places(batch);
    for (std::size_t i = 0; i < batch.some.size(); i += random() % 40) {
      const Place place = places(batch.some[i]);
      ASSERT_EQ(place, i);
      ASSERT_EQ(batch.id(place), batch.some[i]);
    }
  }
  const Batch everyone{.first = first, .past = first + block_patients};
  Places places(everyone);
  EXPECT_EQ(places(first + 17), 17);
  EXPECT_EQ(everyone.id(17), first + 17);
}

}  // namespace
}  // namespace chartline::query::vectorised
