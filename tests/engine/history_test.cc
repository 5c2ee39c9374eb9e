// Seeded random histories - bulk load, write, correct, hide, erase, link, unlink, fold, compact, check, crash, reopen, retry -
// against the naive model, on shards 1 and 8, over memory and over files. CHARTLINE_SEED replays one; CHARTLINE_HISTORIES
// runs more of them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "engine/import.h"
#include "engine/maintenance.h"
#include "engine/storage/memory.h"
#include "tests/engine/model.h"
#include "tests/engine/random_records.h"

namespace chartline::engine {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

class History {
 public:
  // `folder` "" keeps the store in memory, where it can crash.
  History(std::uint64_t seed, std::uint32_t shards, std::string folder)
      : make_(seed), folder_(std::move(folder)), disk_(folder_.empty() ? std::make_shared<MemoryDisk>() : nullptr) {
    const InitOptions init{.shards = shards, .zone = "UTC"};
    if (disk_)
      Store::init(*memory_backend(disk_), init).value();
    else
      Store::init(folder_, init).value();
    open();
    if (make_.one_in(2)) load();
  }

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) {
      clock_.advance(1000);
      step();
    }
    if (!::testing::Test::HasFatalFailure()) compare();
  }

 private:
  void open() {
    store_.reset();
    StoreOptions options;
    options.clock = &clock_;
    options.fold_in_background = false;
    auto opened =
        disk_ ? Store::open(std::shared_ptr<Backend>(memory_backend(disk_)), options) : Store::open(folder_, options);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  void step() {
    switch (make_.below(24)) {
      case 0: return fold();
      case 1: return make_.one_in(3) ? open() : fold();
      case 2: return disk_ ? crash() : open();
      case 7: return make_.one_in(3) ? check_store() : compact();
      case 8: return make_.one_in(4) ? erase() : compare();
      case 3:
      case 4: return link();
      case 5: return compare();
      case 6: return write(true);
      default: return write(false);
    }
  }

  void fold() {
    const auto folded = store_->fold();
    ASSERT_TRUE(folded) << folded.error().message;
  }

  void crash() {
    disk_->crash_at_random(make_.below(1000));
    open();
  }

  void compact() {
    const auto compacted = store_->compact();
    ASSERT_TRUE(compacted) << compacted.error().message;
  }

  void check_store() {
    const auto report = engine::check(*store_, {.deep = true, .progress = {}});
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_TRUE(report->findings.empty()) << report->findings.front();
  }

  // A bulk load is a history of its own: what the records of one patient say happens in order, at one instant.
  void load() {
    auto import = Import::begin(*store_, {.path = ImportOptions::Path::bulk}).value();
    record::Arena arena;
    std::set<std::string> equal;
    for (std::uint64_t n = make_.below(60); n > 0; --n) {
      record::Record said = make_.make(arena);
      said.demand = record::Record::Demand::any;
      // A row without an id gets its place here; the model has no places to give.
      const record::Event& event = said.events.front();
      if (event.record.empty() &&
          !equal.insert(std::string(said.identifiers.front().value) + std::to_string(event.start.instant())).second)
        continue;
      ASSERT_TRUE(import->add(said));
      model_.write(said, clock_.now());
    }
    const auto counts = import->finish();
    ASSERT_TRUE(counts) << counts.error().message;
    clock_.advance(1000);
  }

  void erase() {
    const std::string who = make_.person();
    const auto people = model_.people();
    const auto erased = engine::erase(*store_, {"test", who});
    if (std::find(people.begin(), people.end(), who) == people.end()) {
      ASSERT_FALSE(erased);
      return;
    }
    ASSERT_TRUE(erased) << erased.error().message;
    ASSERT_TRUE(erased->found_in.empty()) << erased->found_in.front();
    model_.erase(who);
    ASSERT_FALSE(store_->view().find("test|" + who).value().has_value());
  }

  void link() {
    const std::string a = make_.person(), b = make_.person();
    const bool linked = model_.linked(a, b, INT64_MAX);
    const auto done = linked ? store_->unlink({"test", a}, {"test", b}) : store_->link({"test", a}, {"test", b});
    const auto people = model_.people();
    const auto known = [&](const std::string& who) {
      return std::find(people.begin(), people.end(), who) != people.end();
    };
    if (a == b || !known(a) || !known(b)) {
      ASSERT_FALSE(done);
      return;
    }
    ASSERT_TRUE(done) << done.error().message;
    model_.link(a, b, !linked, clock_.now());
  }

  void write(bool retry) {
    record::Arena arena;
    std::vector<record::Record> records;
    std::set<std::pair<std::string, std::string>> without_id;
    for (std::uint64_t n = 1 + make_.below(4); n > 0; --n) {
      record::Record said = make_.make(arena);
      // Equal rows of one write are several events; the model leaves ordinals to a test of their own.
      if (said.events.front().record.empty() &&
          !without_id.insert({std::string(said.identifiers.front().value), words(said.events.front())}).second)
        continue;
      records.push_back(said);
    }
    WriteOptions options;
    if (retry) options.batch_id = "batch-" + std::to_string(clock_.now());
    const auto written = store_->write(records, options);
    ASSERT_TRUE(written) << written.error().message;
    for (std::size_t i = 0; i < records.size(); ++i)
      ASSERT_EQ(name(written->outcomes[i].what), name(model_.write(records[i], clock_.now())))
          << written->outcomes[i].reason;
    if (!retry) return;
    if (make_.one_in(2)) fold();
    if (make_.one_in(4)) open();
    const auto again = store_->write(records, options);
    ASSERT_TRUE(again) << again.error().message;
    ASSERT_TRUE(again->repeated);
    for (std::size_t i = 0; i < records.size(); ++i) ASSERT_EQ(again->outcomes[i].what, written->outcomes[i].what);
  }

  // Everything the store says of everyone, now and at a random instant before.
  void compare() {
    compare(store_->view(), INT64_MAX);
    const Micros start = first_, span = clock_.now() - start;
    const Micros before =
        start + static_cast<Micros>(make_.below(static_cast<std::uint64_t>(span / 1000) + 1)) * 1000 + 500;
    compare(store_->view_as_of(before), before);
  }

  void compare(const View& view, Micros as_of) {
    for (const std::string& person : model_.people()) {
      SCOPED_TRACE("as of " + std::to_string(as_of) + ", " + person);
      const auto patient = view.find("test|" + person);
      ASSERT_TRUE(patient) << patient.error().message;
      ASSERT_TRUE(patient->has_value());
      for (const bool hidden : {false, true}) {
        std::vector<std::string> expected;
        for (const std::string& member : model_.group(person, as_of))
          for (const std::string& event : model_.own(member, as_of, hidden)) expected.push_back(event);
        std::sort(expected.begin(), expected.end());
        TimelineFilter filter;
        filter.include_hidden = hidden;
        filter.backwards = make_.one_in(2);
        auto timeline = view.timeline(**patient, filter);
        ASSERT_TRUE(timeline) << timeline.error().message;
        std::vector<std::string> actual, originals;
        for (std::size_t i = 0; i < timeline->size(); ++i) {
          const auto event = timeline->event(i);
          ASSERT_TRUE(event) << event.error().message;
          actual.push_back(words(*event));
          const auto original = view.original(timeline->patient(i), *event);
          ASSERT_TRUE(original) << original.error().message;
          ASSERT_EQ(original->has_value(), event->has_original);
          originals.push_back(words(*event) + "\n" + original->value_or(""));
          if (i > 0) {
            const Micros a = timeline->start(i - 1).instant(), b = timeline->start(i).instant();
            ASSERT_TRUE(filter.backwards ? a >= b || !timeline->start(i).known()
                                         : a <= b || !timeline->start(i - 1).known());
          }
        }
        std::sort(actual.begin(), actual.end());
        ASSERT_EQ(actual, expected);
        if (!hidden) continue;
        expected.clear();
        for (const std::string& member : model_.group(person, as_of))
          for (const std::string& event : model_.originals(member, as_of)) expected.push_back(event);
        std::sort(expected.begin(), expected.end());
        std::sort(originals.begin(), originals.end());
        ASSERT_EQ(originals, expected);
      }
      if (as_of != INT64_MAX) continue;
      record::Arena room;
      const auto history = view.history(**patient, room);
      ASSERT_TRUE(history) << history.error().message;
      ASSERT_EQ(history->size(), model_.versions(person));
    }
    if (as_of == INT64_MAX) compare_postings(view);
  }

  // Postings of every code hold exactly the events that carry it.
  void compare_postings(const View& view) {
    std::map<std::string, std::size_t> expected;
    for (const std::string& person : model_.people())
      for (const record::Event& event : model_.events(person, INT64_MAX)) {
        std::set<std::string> codes{words(event.code)};
        for (const record::Code& code : event.translations) codes.insert(words(code));
        for (const std::string& code : codes) ++expected[code];
      }
    std::map<std::string, std::size_t> actual;
    for (std::uint32_t shard = 0; shard < view.shards(); ++shard)
      for (Name code = 0; code <= view.codes(shard); ++code) {
        const auto postings = view.merged_postings(shard, code, 0, 0);
        ASSERT_TRUE(postings) << postings.error().message;
        if (!postings->empty()) actual[words(view.code_of(shard, code))] += postings->size();
      }
    ASSERT_EQ(actual, expected);
  }

  static constexpr Micros first_ = 1'700'000'000'000'000;
  RandomRecords make_;
  FixedClock clock_{first_};
  const std::string folder_;
  const std::shared_ptr<MemoryDisk> disk_;
  std::unique_ptr<Store> store_;
  Model model_;
};

class Histories : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(Histories, AgreeWithTheModel) {
  const std::uint64_t seed = number_from("CHARTLINE_SEED", 0);
  const std::uint64_t histories = seed != 0 ? 1 : number_from("CHARTLINE_HISTORIES", 60);
  for (std::uint64_t i = 0; i < histories && !HasFatalFailure(); ++i) {
    const std::uint64_t this_seed = seed != 0 ? seed : 1 + i;
    SCOPED_TRACE("CHARTLINE_SEED=" + std::to_string(this_seed));
    History(this_seed, GetParam(), "").run(60);
  }
}

TEST_P(Histories, AgreeWithTheModelOverFiles) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("chartline-history-" + std::to_string(::getpid()));
  for (std::uint64_t seed = 1; seed <= 2 && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::filesystem::remove_all(folder);
    History(seed, GetParam(), folder).run(50);
  }
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Shards, Histories, ::testing::Values(1u, 8u),
                         [](const auto& with) { return std::to_string(with.param); });

}  // namespace
}  // namespace chartline::engine
