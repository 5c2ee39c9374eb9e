#include "tests/engine_maintenance/made_store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "tests/engine/random_records.h"

namespace chartline::engine {

namespace fs = std::filesystem;

TestFolder::TestFolder() {
  static std::atomic<int> made = 0;
  // These tests are about bytes, not about how long a disk takes to sync them.
  std::error_code failed;
  const fs::path memory = "/dev/shm";
  const bool roomy = fs::space(memory, failed).available > (2ull << 30) && !failed;
  path_ = (roomy ? memory : fs::temp_directory_path()) /
          ("chartline-maintenance-" + std::to_string(::getpid()) + "-" + std::to_string(++made));
  fs::remove_all(path_);
  fs::create_directories(path_);
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void flip(const std::string& path, std::uint64_t byte) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(byte));
  const int before = file.get();
  file.seekp(static_cast<std::streamoff>(byte));
  file.put(static_cast<char>(before ^ 0x10));
  ASSERT_TRUE(file.flush());
}

record::Record said_of(const std::string& person, const std::string& id, const std::string& text, record::Arena& arena) {
  record::Event event;
  event.kind = record::Kind::observation;
  event.code = {"local", arena.text("note"), {}};
  event.start = record::day_time(18'000);
  event.value.form = record::Value::Form::text, event.value.text = arena.text(text);
  event.source = {"clinic", "notes"};
  event.record = arena.text(id);
  record::Record said;
  const record::Identifier identifier{"test", arena.text(person)};
  said.identifiers = arena.array(std::vector{identifier});
  said.events = arena.array(std::vector{event});
  return said;
}

namespace {

record::Record who_is(const std::string& person, RandomRecords& make, record::Arena& arena) {
  record::Record said = said_of(person, "who " + person, "", arena);
  record::Event event = said.events.front();
  event.kind = record::Kind::patient;
  event.value = {};
  record::Attribute birth, sex;
  birth.name = record::attribute::birth, birth.value.form = record::Value::Form::date;
  birth.value.date = record::day_time(static_cast<record::Day>(make.below(18'000)));
  sex.name = record::attribute::sex, sex.value.form = record::Value::Form::code;
  sex.value.code = {"gender", make.one_in(2) ? "female" : "male", {}};
  event.attributes = arena.array(std::vector{birth, sex});
  said.events = arena.array(std::vector{event});
  said.original = arena.text("{\"resourceType\":\"Patient\",\"id\":\"" + person + "\"}");
  return said;
}

// Each group of records that is written at once.
std::vector<std::vector<record::Record>> records_of(const RandomHistory& history, record::Arena& arena) {
  RandomRecords make(history.seed, history.people);
  std::vector<std::vector<record::Record>> groups;
  for (int i = 0; i < history.writes; ++i) {
    std::vector<record::Record>& group = groups.emplace_back();
    if (make.one_in(3)) group.push_back(who_is(make.person(), make, arena));
    for (std::uint64_t n = 1 + make.below(4); n > 0; --n) {
      group.push_back(make.make(arena));
      group.back().demand = record::Record::Demand::any;
    }
    std::erase_if(group, [&](const record::Record& said) {
      return said.identifiers.front().value == history.leave_out ||
             (history.ids != RandomHistory::Ids::any &&
              said.events.front().record.empty() == (history.ids == RandomHistory::Ids::always));
    });
  }
  return groups;
}

}  // namespace

void tell(Store& store, FixedClock& clock, const RandomHistory& history) {
  record::Arena arena;
  RandomRecords choose(history.seed + 1000, history.people);
  for (const auto& group : records_of(history, arena)) {
    clock.advance(1000);
    const bool fold = choose.one_in(12), link = choose.one_in(10);
    const std::string a = choose.person(), b = choose.person();
    const auto written = store.write(group, {});
    ASSERT_TRUE(written) << written.error().message;
    if (history.folds && fold) {
      ASSERT_TRUE(store.fold());
    }
    clock.advance(1000);
    if (history.links && link && a != b && a != history.leave_out && b != history.leave_out)
      (void)store.link({"test", a}, {"test", b});  // not_found where one was not spoken of yet
  }
}

ImportCounts import(Store& store, const RandomHistory& history, ImportOptions::Path path) {
  record::Arena arena;
  ImportOptions options;
  options.path = path;
  auto load = Import::begin(store, options);
  EXPECT_TRUE(load) << load.error().message;
  for (const auto& group : records_of(history, arena))
    for (const record::Record& said : group) EXPECT_TRUE((*load)->add(said));
  const auto counts = (*load)->finish();
  EXPECT_TRUE(counts) << counts.error().message;
  return *counts;
}

StoreOptions quiet_options(FixedClock& clock) {
  StoreOptions options;
  options.clock = &clock;
  options.fold_in_background = false;
  options.block_cache_bytes = 8u << 20;
  options.decoded_cache_bytes = 4u << 20;
  return options;
}

std::unique_ptr<Store> make_store(const std::string& folder, std::uint32_t shards, FixedClock& clock) {
  const auto made = Store::init(folder, {.shards = shards});
  EXPECT_TRUE(made) << made.error().message;
  return open_store(folder, clock);
}

std::unique_ptr<Store> open_store(const std::string& folder, FixedClock& clock) {
  auto opened = Store::open(folder, quiet_options(clock));
  EXPECT_TRUE(opened) << opened.error().message;
  return opened ? std::move(*opened) : nullptr;
}

std::string first_finding(Store& store, bool deep) {
  const auto report = check(store, {.deep = deep, .progress = {}});
  if (!report) return report.error().message;
  return report->findings.empty() ? "" : report->findings.front();
}

std::string hash_of(Store& store, bool history) {
  const auto hash = content_hash(store, history);
  EXPECT_TRUE(hash) << hash.error().message;
  return hash ? hex(*hash) : "";
}

}  // namespace chartline::engine
