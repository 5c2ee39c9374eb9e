// Logs with room ahead: what a power cut may leave of one that is written over, and where it is then found to end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "engine/storage/rocks.h"
#include "tests/engine_storage/backends.h"
#include "tests/engine_storage/damage.h"

namespace chartline::engine {
namespace {

constexpr std::size_t sector_bytes = 512;

class LogRoom : public testing::Test {
 protected:
  TestFolder folder_;

  Result<std::unique_ptr<Tables>> open(bool read_only = false) {
    TablesOptions options;
    options.read_only = read_only;
    return open_rocks({folder_ / "shard", "shard 3", options, {}, nullptr});
  }
  std::string log() const { return largest_with(folder_ / "shard", ".log"); }
  Bytes log_now() const {
    std::ifstream file(log(), std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
  }
  static void leave(const std::string& path, const Bytes& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

  static std::string number(int i) { return std::to_string(1'000'000 + i); }
  virtual Bytes value(int i) const { return number(i) + Bytes(static_cast<std::size_t>(i * 37 % 1500), 'v'); }
  void write(Tables& tables, int first, int past, bool sync) {
    for (int i = first; i < past; ++i) ASSERT_TRUE(tables.write(one_put(Table::timeline, number(i), value(i)), sync));
  }
  // How many of the batches are there: the first ones, and no other.
  int prefix(Tables& tables) {
    int n = 0;
    while (value_of(tables, Table::timeline, number(n)) == value(n)) ++n;
    EXPECT_EQ(static_cast<int>(keys_of(tables, Table::timeline).size()), n) << "what is there is no prefix";
    return n;
  }
  // Bits flipped, one at a time, in nine tenths of a log that was synced whole.
  void expect_damage_to_be_seen(int batches) {
    const Bytes whole = logs_of(batches, batches).whole;
    const std::string path = log();
    const std::size_t records = whole.find_last_not_of('\0') * 9 / 10;
    std::mt19937_64 random(11);
    for (int i = 0; i < 15; ++i) {
      const std::size_t byte = random() % records;
      Bytes damaged = whole;
      damaged[byte] = static_cast<char>(damaged[byte] ^ 0x10);
      leave(path, damaged);
      const auto opened = open(true);
      ASSERT_FALSE(opened) << "byte " << byte;
      EXPECT_EQ(opened.error().fault, Fault::corrupt);
    }
  }
  // The log as it was with so many batches durable, and with all of them written.
  struct Logs {
    Bytes durable, whole;
  };
  Logs logs_of(int durable, int all) {
    const std::unique_ptr<Tables> tables = open().value();
    Logs logs;
    write(*tables, 0, durable, true);
    logs.durable = log_now();
    write(*tables, durable, all, false);
    logs.whole = log_now();
    logs.durable.resize(logs.whole.size(), '\0');
    return logs;
  }
};

TEST_F(LogRoom, IsThereWhileALogIsWrittenAndGoneOnceItIsClosed) {
  std::unique_ptr<Tables> tables = open().value();
  write(*tables, 0, 3, true);
  const std::size_t before = log_now().size();
  EXPECT_GT(before, 100'000u);
  write(*tables, 3, 10, true);
  EXPECT_EQ(log_now().size(), before) << "a commit writes over what is there";
  const std::string path = log();
  tables.reset();
  EXPECT_LT(size_of(path), 20'000u);
  EXPECT_EQ(prefix(*open().value()), 10);
}

TEST_F(LogRoom, AnySectorsThatWereNotSyncedMayBeMissing) {
  const Logs logs = logs_of(30, 120);
  const std::string path = log();
  std::set<int> found;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    std::mt19937_64 random(seed);
    Bytes left = logs.whole;
    const std::uint64_t one_in = 1 + random() % 60;
    for (std::size_t at = 0; at < left.size(); at += sector_bytes)
      if (random() % one_in == 0) left.replace(at, sector_bytes, logs.durable, at, sector_bytes);
    leave(path, left);
    const auto tables = open(true);
    ASSERT_TRUE(tables) << "seed " << seed << ": " << tables.error().message;
    found.insert(prefix(**tables));
    EXPECT_GE(*found.begin(), 30) << "seed " << seed;
  }
  EXPECT_GT(found.size(), 10u) << "it is cut off in many places";
}

TEST_F(LogRoom, AWriteMayBeTornAtAnyByte) {
  const Logs logs = logs_of(5, 12);
  const std::string path = log();
  const std::size_t from = logs.durable.find_last_not_of('\0'), past = logs.whole.find_last_not_of('\0') + 1;
  ASSERT_LT(from, past);
  for (std::size_t at = from + 1; at <= past; at += 29) {
    leave(path, logs.whole.substr(0, at) + Bytes(logs.whole.size() - at, '\0'));
    const auto tables = open(true);
    ASSERT_TRUE(tables) << "byte " << at << ": " << tables.error().message;
    EXPECT_GE(prefix(**tables), 5) << "byte " << at;
  }
}

TEST_F(LogRoom, DamageBeforeTheEndIsCorruptionAsEver) { expect_damage_to_be_seen(200); }

class LogRoomOfManyZeros : public LogRoom {
 protected:
  Bytes value(int i) const override {
    Bytes value;
    while (value.size() < 40'000) value += std::to_string(i) + '\0';
    return value;
  }
};

TEST_F(LogRoomOfManyZeros, DamageToARecordThatEndsWithZeroIsCorruptionToo) { expect_damage_to_be_seen(10); }

class LogRoomOfZeros : public LogRoom {
 protected:
  Bytes value(int i) const override { return Bytes(static_cast<std::size_t>(i * 997 % 70'000), '\0'); }
};

TEST_F(LogRoomOfZeros, WhatIsWrittenMayItselfBeZeros) {
  const Bytes whole = logs_of(60, 60).whole;
  leave(log(), whole);
  EXPECT_EQ(prefix(*open(true).value()), 60);
  leave(log(), whole + Bytes(100'000, '\0'));
  EXPECT_EQ(prefix(*open(true).value()), 60);
}

}  // namespace
}  // namespace chartline::engine
