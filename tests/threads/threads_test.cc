// Eight threads on one store in memory: four write, each about people of its own, so that a simple model knows at every moment what
// must be there; three read whatever anyone wrote; one folds, compacts and checks. Run under ThreadSanitizer by `./dev test`.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <random>
#include <thread>

#include "engine/maintenance.h"
#include "engine/storage/memory.h"
#include "engine/store.h"
#include "tests/lane.h"

namespace chartline::engine {
namespace {

constexpr int writers = 4, readers = 3, people = 6, codes = 7;

std::string person_name(int writer, int person) { return fmt::format("w{}p{}", writer, person); }
std::string code_name(int code) { return fmt::format("c{}", code); }

// What one person's record must hold: by the source's id, the latest value and code.
using Facts = std::map<std::string, std::pair<std::int64_t, std::string>>;

class Threads {
 public:
  Threads(std::uint64_t seed, std::uint64_t writes) : seed_(seed), writes_(writes) {
    auto backend = memory_backend(disk_);
    EXPECT_TRUE(Store::init(*backend, {.shards = 2, .zone = "UTC"}));
    open();
  }

  void run() {
    std::vector<std::thread> threads;
    for (int w = 0; w < writers; ++w) threads.emplace_back([this, w] { write(w); });
    for (int r = 0; r < readers; ++r) threads.emplace_back([this, r] { read(r); });
    threads.emplace_back([this] { keep(); });
    for (int w = 0; w < writers; ++w) threads[w].join();
    done_ = true;
    for (std::size_t t = writers; t < threads.size(); ++t) threads[t].join();
    for (int w = 0; w < writers; ++w) compare(w);
    ASSERT_TRUE(store_->fold());
    const std::string before = hash();
    open();
    EXPECT_EQ(hash(), before) << "opening changes nothing";
    for (int w = 0; w < writers; ++w) compare(w);
    const auto report = check(*store_, {.deep = true, .progress = {}});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->findings.empty()) << report->findings.front();
  }

  std::uint64_t acknowledged() const { return acknowledged_; }
  std::uint64_t looks() const { return looks_; }
  std::uint64_t changes() const { return changes_; }

 private:
  void open() {
    store_.reset();
    auto opened = Store::open(std::shared_ptr<Backend>(memory_backend(disk_)),
                              {.decoded_cache_bytes = 1 << 16, .fold_delay_ms = 1});
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  std::string hash() {
    const auto of_all = content_hash(*store_, false);
    EXPECT_TRUE(of_all);
    return of_all ? fmt::format("{:x}{:x}", of_all->low, of_all->high) : "";
  }

  Facts facts(const View& view, const std::string& person) {
    Facts all;
    const auto patient = view.find("test|" + person);
    EXPECT_TRUE(patient) << patient.error().message;
    if (!patient || !*patient) return all;
    auto timeline = view.timeline(**patient, {}, stored::field_hot);
    EXPECT_TRUE(timeline) << timeline.error().message;
    if (!timeline) return all;
    for (std::size_t i = 0; i < timeline->size(); ++i) {
      const auto event = timeline->event(i);
      EXPECT_TRUE(event) << event.error().message;
      if (!event) return all;
      const bool is_new =
          all.emplace(event->record, std::pair(event->value.number.mantissa, std::string(event->code.code))).second;
      EXPECT_TRUE(is_new) << "a fact stands there once";
    }
    return all;
  }

  void compare(int writer) {
    const View view = store_->view();
    for (int p = 0; p < people; ++p)
      EXPECT_EQ(facts(view, person_name(writer, p)), model_[writer][p]) << person_name(writer, p);
  }

  void write(int writer) {
    std::mt19937_64 chance(seed_ + writer);
    for (std::uint64_t i = 0; i < writes_; ++i) {
      const int p = static_cast<int>(chance() % people);
      const std::string person = person_name(writer, p), id = fmt::format("r{}", chance() % (i / 2 + 1));
      const std::int64_t value = static_cast<std::int64_t>(1 + chance() % 1000 * 10);  // no zeros at the end to be dropped
      const std::string code = code_name(static_cast<int>(chance() % codes));
      const record::Identifier who{"test", person};
      record::Event event;
      event.kind = record::Kind::observation;
      event.code = {"local", code, {}};
      event.start = record::day_time(18'000 + static_cast<record::Day>(chance() % 100));
      event.value.form = record::Value::Form::number;
      event.value.number = record::decimal(value, 0);
      event.source = {"test", {}};
      event.record = id;
      const record::Record record{
          .identifiers = {&who, 1}, .events = {&event, 1}, .original = id, .demanded_version = {}};
      const auto written = store_->write({&record, 1}, {});
      ASSERT_TRUE(written) << written.error().message;
      ASSERT_NE(written->outcomes[0].what, Outcome::What::rejected) << written->outcomes[0].reason;
      model_[writer][p][id] = {event.value.number.mantissa, code};
      ++acknowledged_;
      if (chance() % 4 == 0) {
        EXPECT_EQ(facts(store_->view(), person), model_[writer][p]) << "what was acknowledged is read";
      }
      if (chance() % 16 == 0) {
        const record::Identifier other{"test", person_name(writer, static_cast<int>(chance() % people))};
        EXPECT_TRUE(store_->set_meta("note/" + person, id));
        if (other.value != person && chance() % 2 == 0) {
          const auto linked = store_->link(who, other);
          if (linked) {
            EXPECT_TRUE(store_->unlink(who, other));
          }
        }
      }
    }
  }

  void read(int reader) {
    std::mt19937_64 chance(seed_ + 100 + reader);
    std::vector<std::uint64_t> since;
    std::map<std::string, std::size_t> most;  // what was seen once stays seen
    while (!done_) {
      ++looks_;
      const View view = store_->view();
      const std::string person = person_name(static_cast<int>(chance() % writers), static_cast<int>(chance() % people));
      const auto patient = view.find("test|" + person);
      ASSERT_TRUE(patient) << patient.error().message;
      if (!*patient) continue;
      const std::size_t size = own_size(view, **patient);
      EXPECT_GE(size, most[person]) << person;
      EXPECT_EQ(own_size(view, **patient), size) << "a moment does not change";
      most[person] = size;
      std::uint64_t by_code = 0;
      for (int c = 0; c < codes; ++c) {
        const auto name = view.find_code((*patient)->shard, {"local", code_name(c), {}});
        if (!name) continue;
        const auto postings = view.merged_postings((*patient)->shard, *name, 0, 0);
        ASSERT_TRUE(postings) << postings.error().message;
        for (const stored::Posting& one : *postings) by_code += one.patient == (*patient)->id;
      }
      EXPECT_EQ(by_code, size) << "postings and timeline tell the same";
      follow(since);
    }
  }

  std::size_t own_size(const View& view, PatientRef patient) {
    Timeline own;
    const auto read = view.own_timeline(patient, {}, stored::field_hot, own);
    EXPECT_TRUE(read);
    return own.size();
  }

  // The feed goes on where it stopped: commits of a shard never go back.
  void follow(std::vector<std::uint64_t>& since) {
    record::Arena room;
    const auto changes = store_->changes(since, 50, room);
    ASSERT_TRUE(changes) << changes.error().message;
    since.resize(2);
    for (const FeedEntry& entry : *changes) {
      EXPECT_GE(entry.commit, since[entry.shard]);
      since[entry.shard] = entry.commit;
      ++changes_;
    }
  }

  void keep() {
    while (!done_) {
      ASSERT_TRUE(store_->fold());
      ASSERT_TRUE(store_->compact());
      static_cast<void>(store_->stats());
      const auto report = check(*store_, {});
      ASSERT_TRUE(report) << report.error().message;
      EXPECT_TRUE(report->findings.empty()) << report->findings.front();
    }
  }

  const std::uint64_t seed_, writes_;
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  std::unique_ptr<Store> store_;
  Facts model_[writers][people];
  std::atomic<std::uint64_t> acknowledged_{0}, looks_{0}, changes_{0};
  std::atomic<bool> done_{false};
};

void run(std::uint64_t writes) {
  const std::uint64_t seed = number_from("CHARTLINE_SEED", 1);
  const auto begin = std::chrono::steady_clock::now();
  Threads threads(seed, number_from("CHARTLINE_THREAD_WRITES", writes));
  threads.run();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print(
      "lane threads: 8 threads, {} writes acknowledged and read back, {} looks by readers, {} changes followed, 0 "
      "differences, seed {}, {:.0f} s\n",
      threads.acknowledged(), threads.looks(), threads.changes(), seed, seconds);
}

TEST(Lane, EightThreadsSeeWhatWasAcknowledged) { run(1500); }
TEST(Soak, EightThreadsForLong) { run(200'000); }

}  // namespace
}  // namespace chartline::engine
