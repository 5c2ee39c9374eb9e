// Bits that turn: in every file of a store, in every stored value and key, in every file of a backup. Whatever is damaged, each
// answer is the one from before or an error that says where; nothing is ever silently wrong. What no answer touches, the
// checks find, or it has no effect at all.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "engine/storage/local_backend.h"
#include "tests/damage/told_store.h"
#include "tests/engine_maintenance/made_store.h"
#include "tests/lane.h"

namespace chartline::engine {
namespace {

namespace fs = std::filesystem;

// Where a flip was noticed, the earliest way.
struct Noticed {
  std::uint64_t at_open = 0, by_answer = 0, by_check = 0, without_effect = 0;
  std::uint64_t all() const { return at_open + by_answer + by_check + without_effect; }
  Noticed& operator+=(const Noticed& more) {
    at_open += more.at_open, by_answer += more.by_answer, by_check += more.by_check;
    without_effect += more.without_effect;
    return *this;
  }
};

std::string words(const Noticed& noticed) {
  return std::to_string(noticed.all()) + " (at open " + std::to_string(noticed.at_open) + ", by an answer " +
         std::to_string(noticed.by_answer) + ", by a check " + std::to_string(noticed.by_check) + ", without effect " +
         std::to_string(noticed.without_effect) + ")";
}

// Errors about damage say so, and where: a table, a shard or a file.
void expect_placed(Fault fault, const std::string& message) {
  EXPECT_TRUE(fault == Fault::corrupt || fault == Fault::unsupported) << message;
  const bool placed = message.find(':') != std::string::npos || message.find('/') != std::string::npos ||
                      message.find("shard") != std::string::npos;
  EXPECT_TRUE(placed) << "no place is named: " << message;
}

void expect_placed(const Answers& answers) {
  for (const auto& [question, answer] : answers)
    if (answer.failed) expect_placed(answer.fault, question + " " + answer.words);
}

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::mt19937_64 random_;
};

// -- stored values and keys: below RocksDB all is sound, so that only the store's own checks can see it

struct Kept {
  Bytes key, value;
};

// A bit of a value never makes an answer wrong. A sound value under another key may, where one reads by that key alone (the files
// of the database carry checksums against it); the checks find that.
class StoredFlips {
 public:
  StoredFlips(std::uint64_t seed, std::uint32_t shards, bool folded) : chance_(seed), shards_(shards) {
    describe_store(*memory_backend(disk_), shards, seed);
    auto store = open().value();
    tell_everything(*store, clock_, seed, folded);
    before_ = answers_of(*store);
    EXPECT_EQ(first_failure(before_), "");
    EXPECT_EQ(first_finding(*store), "");
    store = nullptr;
    for (std::uint32_t shard = 0; shard < shards_; ++shard) kept_.push_back(everything(shard));
  }

  void run(std::uint64_t flips) {
    for (std::uint64_t i = 0; i < flips && !::testing::Test::HasFailure(); ++i) flip();
  }

  const std::map<std::string, Noticed>& noticed() const { return noticed_; }

 private:
  using Tables_ = std::map<Table, std::vector<Kept>>;

  Result<std::unique_ptr<Store>> open() {
    return Store::open(std::shared_ptr<Backend>(memory_backend(disk_)), quiet_options(clock_));
  }

  template <typename Use>
  void with_tables(std::uint32_t shard, const Use& use) {
    const auto backend = memory_backend(disk_);
    const auto lease = backend->acquire(shard, 0).value();
    use(*backend->open(shard, lease.get(), {}).value());
  }

  Tables_ everything(std::uint32_t shard) {
    Tables_ all;
    with_tables(shard, [&](Tables& tables) {
      for (int table = 0; table < table_count; ++table)
        tables
            .scan(static_cast<Table>(table), {}, {}, nullptr,
                  [&](BytesView key, BytesView value) {
                    all[static_cast<Table>(table)].push_back({Bytes(key), Bytes(value)});
                    return true;
                  })
            .value();
    });
    return all;
  }

  void put_back(std::uint32_t shard) {
    Batch batch;
    const Tables_ now = everything(shard);
    for (const auto& [table, all] : now)
      for (const Kept& one : all) batch.erase(table, one.key);
    for (const auto& [table, all] : kept_[shard])
      for (const Kept& one : all) batch.put(table, one.key, one.value);
    with_tables(shard, [&](Tables& tables) { tables.write(batch, true).value(); });
  }

  // One bit of a value, or a sound value under a wrong key, or one bit of a key.
  void flip() {
    const auto shard = static_cast<std::uint32_t>(chance_.below(shards_));
    auto at = kept_[shard].begin();
    std::advance(at, static_cast<std::ptrdiff_t>(chance_.below(kept_[shard].size())));
    const auto& [table, all] = *at;
    const std::size_t which = chance_.below(all.size());
    const Kept& one = all[which];
    Batch batch;
    std::string what = "values";
    std::string place = std::string(name(table)) + ", shard " + std::to_string(shard) + ", key " + std::to_string(which);
    if (const std::uint64_t kind = chance_.below(10); kind < 8 && !one.value.empty()) {
      const std::uint64_t bit = chance_.below(one.value.size() * 8);
      Bytes value = one.value;
      value[bit / 8] = static_cast<char>(value[bit / 8] ^ 1 << bit % 8);
      batch.put(table, one.key, value);
      place += ", bit " + std::to_string(bit) + " of " + std::to_string(one.value.size()) + " bytes";
    } else if (kind == 8) {
      const Kept& other = all[chance_.below(all.size())];
      if (other.value == one.value) return;
      batch.put(table, one.key, other.value);
      what = "places", place += ", another's value";
    } else {
      const std::uint64_t bit = chance_.below(one.key.size() * 8);
      Bytes key = one.key;
      key[bit / 8] = static_cast<char>(key[bit / 8] ^ 1 << bit % 8);
      batch.erase(table, one.key), batch.put(table, key, one.value);
      what = "keys", place += ", bit " + std::to_string(bit) + " of the key";
    }
    SCOPED_TRACE(place);
    with_tables(shard, [&](Tables& tables) { tables.write(batch, true).value(); });
    // What others name (stored values, codes of terminology) is named by its key alone.
    const bool named_by_key =
        table == Table::terminology ||
        (table == Table::meta && (one.key.starts_with("named/") || one.key.starts_with(batch_meta_prefix)));
    // What is gone cannot be missed by who asks for that alone; what is there must be what was asked for.
    const bool bound =
        table == Table::originals || (what == "places" && (table == Table::changes || table == Table::identity));
    look(noticed_[what], what == "values", bound, named_by_key && what != "values");
    put_back(shard);
  }

  void look(Noticed& noticed, bool no_wrong_answer, bool bound, bool named_by_key) {
    const auto opened = open();
    if (!opened) {
      expect_placed(opened.error().fault, opened.error().message);
      ++noticed.at_open;
      return;
    }
    const Answers after = answers_of(**opened);
    const std::string finding = first_finding(**opened);
    if (no_wrong_answer) {
      EXPECT_EQ(silently_wrong(before_, after), "");
      expect_placed(after);
    } else if (bound) {
      for (const char* question : {"original ", "feed", "who is "})
        EXPECT_EQ(silently_wrong(before_, after, question), "");
    }
    if (!named_by_key) {
      EXPECT_NE(finding, "") << "no check has found it";
    }
    ++(!first_failure(after).empty() ? noticed.by_answer : finding.empty() ? noticed.without_effect : noticed.by_check);
  }

  Chance chance_;
  const std::uint32_t shards_;
  FixedClock clock_{told_from};
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  Answers before_;
  std::vector<Tables_> kept_;
  std::map<std::string, Noticed> noticed_;
};

// -- files

void flip_bit(const std::string& path, std::uint64_t bit) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto at = static_cast<std::streamoff>(bit / 8);
  file.seekg(at);
  const int before = file.get();
  file.seekp(at);
  file.put(static_cast<char>(before ^ 1 << bit % 8));
  ASSERT_TRUE(file.flush()) << path;
}

// "sst", "wal", "manifest", "current", "options", "catalogue", "note", "epoch"; "" for what nobody reads.
std::string kind_of(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name.ends_with(".sst")) return "sst";
  if (name.ends_with(".log")) return "wal";
  if (name.starts_with("MANIFEST")) return "manifest";
  if (name == "CURRENT") return "current";
  if (name.starts_with("OPTIONS")) return "options";
  if (path.parent_path().filename() == "catalogue") return "catalogue";
  if (name.ends_with(".note")) return "note";
  if (name.ends_with(".epoch")) return "epoch";
  return "";
}

class FileFlips {
 public:
  explicit FileFlips(std::uint64_t seed) : chance_(seed) {
    describe_store(*local_backend(at("store"), true).value(), 1, seed);
    {
      auto store = open_store(at("store"), clock_);
      tell_everything(*store, clock_, seed, true);
      EXPECT_TRUE(store->parts().shards.front()->tables()->flush());
      tell_everything(*store, clock_, seed + 10, false);
      before_ = answers_of(*store);
      EXPECT_EQ(first_failure(before_), "");
    }
    for (const auto& each : fs::recursive_directory_iterator(at("store")))
      if (each.is_regular_file() && each.file_size() > 0)
        if (const std::string kind = kind_of(each.path()); !kind.empty())
          files_[kind].push_back(fs::relative(each.path(), at("store")).string());
    for (const char* kind : {"sst", "wal", "manifest", "current", "options", "catalogue", "note", "epoch"})
      EXPECT_TRUE(files_.contains(kind)) << kind;
  }

  void run(std::uint64_t flips) {
    for (std::uint64_t i = 0; i < flips && !::testing::Test::HasFailure(); ++i) flip();
  }

  const std::map<std::string, Noticed>& noticed() const { return noticed_; }

 private:
  std::string at(const std::string& name) const { return folder_.path(name); }

  std::string kind() {
    static constexpr const char* often[] = {"sst", "sst", "sst", "wal", "wal", "manifest"};
    static constexpr const char* seldom[] = {"current", "options", "catalogue", "note", "epoch"};
    return chance_.one_in(5) ? seldom[chance_.below(std::size(seldom))] : often[chance_.below(std::size(often))];
  }

  // A copy of the store; sorted files, which are never written to, are shared with it but for the damaged one.
  void copy_but(const std::string& damaged) {
    fs::remove_all(at("copy"));
    fs::create_directory(at("copy"));
    for (const auto& each : fs::recursive_directory_iterator(at("store"))) {
      const std::string name = fs::relative(each.path(), at("store")).string();
      if (each.is_directory()) fs::create_directories(at("copy") + "/" + name);
      else if (name.ends_with(".sst") && name != damaged) fs::create_hard_link(each.path(), at("copy") + "/" + name);
      else fs::copy_file(each.path(), at("copy") + "/" + name);
    }
  }

  void flip() {
    if (chance_.one_in(8)) return rewrite();
    const std::string kind = this->kind();
    const std::string file = files_[kind][chance_.below(files_[kind].size())];
    copy_but(file);
    const std::string path = at("copy") + "/" + file;
    // The end of the log is where damage looks most like a crash: bits of it turn, or it is gone.
    const std::uint64_t bits = fs::file_size(path) * 8, last = 8 * 200;
    const bool at_end = kind == "wal" && bits > last && chance_.one_in(3);
    const std::uint64_t bit = at_end ? bits - 1 - chance_.below(last) : chance_.below(bits);
    const bool cut = at_end && chance_.one_in(2);
    cut ? fs::resize_file(path, bit / 8) : flip_bit(path, bit);
    StoreOptions options = quiet_options(clock_);
    options.read_only = chance_.one_in(4);
    SCOPED_TRACE(file + (cut ? ", cut at bit " : ", bit ") + std::to_string(bit) +
                 (options.read_only ? ", opened read-only" : ""));
    look(noticed_[cut ? "wal cut short" : kind], options, file);
  }

  // A value written anew with a bit turned, through the database: its checksums hold again, only the store's own can tell.
  void rewrite() {
    copy_but("");
    std::string place;
    {
      const auto backend = local_backend(at("copy"), false).value();
      const auto lease = backend->acquire(0, 0).value();
      const auto tables = backend->open(0, lease.get(), {}).value();
      const auto table = static_cast<Table>(chance_.below(table_count));
      std::vector<Kept> all;
      const auto keep = [&](BytesView key, BytesView value) { return all.push_back({Bytes(key), Bytes(value)}), true; };
      tables->scan(table, {}, {}, nullptr, keep).value();
      std::erase_if(all, [](const Kept& one) { return one.value.empty(); });
      if (all.empty()) return;
      Kept& one = all[chance_.below(all.size())];
      const std::uint64_t bit = chance_.below(one.value.size() * 8);
      one.value[bit / 8] = static_cast<char>(one.value[bit / 8] ^ 1 << bit % 8);
      Batch batch;
      batch.put(table, one.key, one.value);
      tables->write(batch, true).value();
      place = std::string(name(table)) + ", bit " + std::to_string(bit) + " of " + std::to_string(one.value.size()) +
              " bytes";
    }
    SCOPED_TRACE("rewritten: " + place);
    Noticed& noticed = noticed_["rewritten"];
    look(noticed, quiet_options(clock_), "");
    EXPECT_EQ(noticed.without_effect, 0u) << "nothing has found it";
  }

  void look(Noticed& noticed, const StoreOptions& options, const std::string& file) {
    const auto opened = Store::open(at("copy"), options);
    if (!opened) {
      expect_placed(opened.error().fault, opened.error().message);
      ++noticed.at_open;
      return;
    }
    const Answers after = answers_of(**opened);
    EXPECT_EQ(silently_wrong(before_, after), "");
    expect_placed(after);
    const auto scrubbed = scrub(**opened, 0);
    const std::string damage = !scrubbed                    ? scrubbed.error().message
                               : scrubbed->findings.empty() ? ""
                                                            : scrubbed->findings.front();
    if (file.ends_with(".sst")) {
      EXPECT_NE(damage.find(fs::path(file).filename().string()), std::string::npos) << "not found: " << damage;
    }
    if (!first_failure(after).empty()) ++noticed.by_answer;
    else ++(damage + first_finding(**opened) == "" ? noticed.without_effect : noticed.by_check);
  }

  Chance chance_;
  FixedClock clock_{told_from};
  TestFolder folder_;
  Answers before_;
  std::map<std::string, std::vector<std::string>> files_;
  std::map<std::string, Noticed> noticed_;
};

// -- backups

class BackupFlips {
 public:
  explicit BackupFlips(std::uint64_t seed) : chance_(seed) {
    describe_store(*local_backend(at("store"), true).value(), 1, seed);
    auto store = open_store(at("store"), clock_);
    for (const bool folded : {true, false}) {
      tell_everything(*store, clock_, seed + (folded ? 0 : 10), folded);
      if (!folded) {
        EXPECT_TRUE(erase(*store, {"test", "p3"}));
      }
      clock_.advance(1'000'000);
      names_.push_back(backup(*store, at("backup")).value().name);
    }
    // What was erased since is erased from what the first one brings back, too.
    for (const std::string& name : names_) {
      restore(at("backup"), at("copy"), {.name = name, .verify = true, .progress = {}}).value();
      contents_.push_back(hash_of(*open_store(at("copy"), clock_), true));
      fs::remove_all(at("copy"));
    }
    for (const auto& each : fs::recursive_directory_iterator(at("backup")))
      if (each.is_regular_file() && each.file_size() > 0) files_.push_back(each.path().string());
    std::sort(files_.begin(), files_.end());
  }

  void run(std::uint64_t flips) {
    for (std::uint64_t i = 0; i < flips && !::testing::Test::HasFailure(); ++i) flip();
  }
  const Noticed& noticed() const { return noticed_; }

 private:
  std::string at(const std::string& name) const { return folder_.path(name); }

  void flip() {
    const std::string& file = files_[chance_.below(files_.size())];
    const std::uint64_t bit = chance_.below(fs::file_size(file) * 8);
    const std::size_t which = chance_.below(names_.size());
    SCOPED_TRACE(fs::path(file).filename().string() + ", bit " + std::to_string(bit) + ", backup " + names_[which]);
    flip_bit(file, bit);
    const auto restored =
        restore(at("backup"), at("copy"), {.name = names_[which], .verify = chance_.one_in(4), .progress = {}});
    flip_bit(file, bit);
    if (!restored) {
      expect_placed(restored.error().fault, restored.error().message);
      EXPECT_FALSE(fs::exists(at("copy")));
      ++noticed_.at_open;
      return;
    }
    EXPECT_EQ(hash_of(*open_store(at("copy"), clock_), true), contents_[which]);
    ++noticed_.without_effect;
    fs::remove_all(at("copy"));
  }

  Chance chance_;
  FixedClock clock_{told_from};
  TestFolder folder_;
  std::vector<std::string> names_, contents_, files_;
  Noticed noticed_;
};

// 9 of 20 in stored values, 9 in files, 2 in backups.
void flip_everywhere(const std::string& name, std::uint64_t seed, std::uint64_t flips) {
  const Lane lane(name, seed);
  std::map<std::string, Noticed> noticed;
  const auto add = [&](const std::map<std::string, Noticed>& more) {
    for (const auto& [kind, counts] : more) noticed[kind] += counts;
  };
  constexpr std::uint64_t of_one_store = 2'000;  // then another store is made
  for (std::uint64_t done = 0, round = 0; done < flips && !::testing::Test::HasFailure(); done += of_one_store, ++round) {
    const std::uint64_t part = std::min(of_one_store, flips - done);
    SCOPED_TRACE("CHARTLINE_SEED=" + std::to_string(seed + round));
    for (const bool folded : {true, false}) {
      StoredFlips stored(seed + round, folded ? 1 : 2, folded);
      stored.run(part * 9 / 40);
      add(stored.noticed());
    }
    FileFlips files(seed + round);
    files.run(part * 9 / 20);
    add(files.noticed());
    BackupFlips backups(seed + round);
    backups.run(part - part * 9 / 40 * 2 - part * 9 / 20);
    noticed["backup"] += backups.noticed();
  }
  Noticed sum;
  std::string each;
  for (const auto& [kind, counts] : noticed) sum += counts, each += "; " + kind + " " + words(counts);
  lane.tell("0 silently wrong answers after " + words(sum) + " bits" + each);
  EXPECT_GE(sum.all() * 10, flips * 9);
  EXPECT_LE(sum.without_effect * 5, sum.all()) << "most bits must matter";
}

TEST(LaneFlips, EveryBitIsNoticedOrWithoutEffect) {
  flip_everywhere("flips", lane_seed(), number_from("CHARTLINE_FLIPS", 2'000));
}
TEST(SoakFlips, EveryBitIsNoticedOrWithoutEffect) {
  flip_everywhere("flips", soak_seed(), number_from("CHARTLINE_FLIPS", 100'000));
}

}  // namespace
}  // namespace chartline::engine
