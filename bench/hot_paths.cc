#include "bench/hot_paths.h"

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/clock.h"
#include "bench/measure.h"
#include "engine/import.h"
#include "engine/storage/memory.h"
#include "engine/store.h"
#include "formats/exchange/quality.h"
#include "formats/exchange/reader.h"
#include "formats/synth/population.h"
#include "formats/synth/print.h"
#include "formats/wire/events_reader.h"
#include "formats/wire/events_writer.h"
#include "query/run.h"

namespace chartline::bench {
namespace {

constexpr std::uint64_t people = 200;
constexpr std::size_t records_of_a_write = 100;

const synth::Population& population() {
  static const synth::Population made({.seed = 1});
  return made;
}

// The records of everyone, deep copies.
const std::vector<record::Record>& all_records() {
  static record::Arena room;
  static const std::vector<record::Record> records = [] {
    std::vector<record::Record> all;
    or_stop(population().records(1, people, [&](const record::Record& record) -> Result<void> {
      all.push_back(record::copy(record, room));
      return {};
    }));
    return all;
  }();
  return records;
}

std::unique_ptr<engine::Store> empty_store() {
  auto disk = std::make_shared<engine::MemoryDisk>();
  or_stop(engine::Store::init(*engine::memory_backend(disk), {}));
  return or_stop(engine::Store::open(std::shared_ptr<engine::Backend>(engine::memory_backend(disk)),
                                     {.fold_in_background = false}));
}

std::shared_ptr<engine::Store> loaded_store(std::uint64_t times = 1) {
  std::shared_ptr<engine::Store> store = empty_store();
  const auto import = or_stop(engine::Import::begin(
      *store, {.path = engine::ImportOptions::Path::bulk, .memory_bytes = 256 << 20, .threads = 1}));
  or_stop(population().records(1, people * times, [&](const record::Record& record) { return import->add(record); }));
  or_stop(import->finish());
  return store;
}

std::function<Done()> print_people() {
  return [maker = std::make_shared<synth::Population::Maker>(population())] {
    Done done;
    std::string rows;
    for (std::uint64_t number = 1; number <= people; ++number) {
      const synth::Person& person = maker->person(number);
      const auto facts = maker->facts();
      synth::print_facts(population().catalogue(), person, facts, synth::Form::full, rows);
      done.events += facts.size();
    }
    done.bytes = rows.size();
    return done;
  };
}

// Takes records and does nothing with them.
class Nowhere final : public exchange::RecordSink {
 public:
  Result<void> record(const record::Record& record) override { return events_ += record.events.size(), Result<void>(); }
  Result<void> concept_(const record::Concept&) override { return {}; }
  Result<void> concept_link(const record::ConceptLink&) override { return {}; }
  std::uint64_t events() const { return events_; }

 private:
  std::uint64_t events_ = 0;
};

// A file that goes with the last who reads it.
struct CsvFile {
  std::string path = (std::filesystem::temp_directory_path() / "hot_paths-XXXXXX").string();
  CsvFile() {
    const int file = mkstemp(path.data());
    if (file < 0) std::fprintf(stderr, "hot_paths: no temporary file\n"), std::exit(1);
    ::close(file);
    std::ofstream out(path, std::ios::binary);
    or_stop(population().write({.people = people},
                               [&](std::string_view rows) -> Result<void> { return out << rows, Result<void>(); }));
  }
  ~CsvFile() { std::remove(path.c_str()); }
};

std::function<Done()> read_csv() {
  return [file = std::make_shared<CsvFile>()] {
    Nowhere nowhere;
    const auto quality = exchange::make_quality({.source = "synth"}, nullptr);
    or_stop(exchange::read(exchange::Format::events, std::vector<std::string>{file->path}, {.source = "synth"}, nowhere,
                           *quality));
    return Done{nowhere.events(), std::filesystem::file_size(file->path)};
  };
}

std::function<Done()> bulk_load() {
  all_records();
  return [] {
    const auto store = empty_store();
    const auto import = or_stop(engine::Import::begin(
        *store, {.path = engine::ImportOptions::Path::bulk, .memory_bytes = 256 << 20, .threads = 1}));
    for (const record::Record& record : all_records()) or_stop(import->add(record));
    return Done{or_stop(import->finish()).events, 0};
  };
}

// Each time into a new store; without folding, or folded at the end.
std::function<Done()> write(bool fold) {
  all_records();
  return [fold] {
    const auto store = empty_store();
    const std::span<const record::Record> records = all_records();
    for (std::size_t at = 0; at < records.size(); at += records_of_a_write)
      or_stop(store->write(records.subspan(at, std::min(records_of_a_write, records.size() - at)), {}));
    if (fold) or_stop(store->fold());
    return Done{records.size(), 0};
  };
}

std::function<Done()> timelines(bool whole_events) {
  return [whole_events, store = loaded_store()] {
    const engine::View view = store->view();
    engine::Timeline timeline;
    Done done;
    std::uint64_t sum = 0;
    for (engine::PatientId patient = 0; patient < view.patients(0); ++patient) {
      or_stop(view.timeline({0, patient}, {}, stored::field_hot, timeline));
      for (std::size_t i = 0; i < timeline.size(); ++i)
        sum += whole_events ? or_stop(timeline.event(i)).code.code.size()
                            : timeline.code(i) + static_cast<std::uint64_t>(timeline.start(i).local);
      done.events += timeline.size();
    }
    if (sum == 0) std::fprintf(stderr, "hot_paths: nothing was read\n"), std::exit(1);
    return done;
  };
}

std::function<Done()> to_the_wire_and_back() {
  all_records();
  return [] {
    Done done;
    record::Arena room;
    const auto& records = all_records();
    for (std::size_t at = 0; at < records.size(); at += 1'000) {
      wire::EventsWriter writer;
      for (std::size_t i = at; i < std::min(records.size(), at + 1'000); ++i)
        writer.add(records[i].events.front(), wire::WithDetails::yes);
      capnp::MallocMessageBuilder message;
      writer.write(message.initRoot<wire::Events>());
      const auto words = capnp::messageToFlatArray(message);
      capnp::FlatArrayMessageReader reader(words, {.traversalLimitInWords = std::uint64_t{1} << 30, .nestingLimit = 64});
      done.events += or_stop(wire::read_events(reader.getRoot<wire::Events>(), room)).size();
      done.bytes += words.size() * sizeof(capnp::word);
      room.clear();
    }
    return done;
  };
}

// Of ten times as many people. Events: those of all.
std::function<Done()> question(const char* text) {
  static const std::shared_ptr<engine::Store> store = loaded_store(10);
  static const std::uint64_t events = store->stats().events;
  return [text] {
    const query::Prepared prepared = or_stop(query::prepare(*store, text, {}));
    if (!prepared.complaints.empty())
      std::fputs(query::render(prepared.complaints, text).c_str(), stderr), std::exit(1);
    query::Answers answers;
    or_stop(query::run(prepared, *store, store->view(), {.threads = 1}, answers));
    return Done{events, 0};
  };
}

}  // namespace

const std::vector<HotPath>& hot_paths() {
  static const std::vector<HotPath> all = {
      {"print_people", print_people},
      {"read_csv", read_csv},
      {"bulk_load", bulk_load},
      {"write", [] { return write(false); }},
      {"write_and_fold", [] { return write(true); }},
      {"timelines", [] { return timelines(false); }},
      {"whole_events", [] { return timelines(true); }},
      {"wire", to_the_wire_and_back},
      {"code_count", [] { return question("count exists condition[icd10:E11.9]"); }},
      {"care_gap",
       [] {
         return question(
             "let dx = first condition[icd10:E11.9]\ncount exists dx and no observation[loinc:59261-8] within 365d "
             "after dx");
       }},
      {"sequence",
       [] {
         return question(
             "count exists condition[icd10:I10] with (observation[loinc:8480-6] where value > 150 within 365d after it "
             "with (medication[atc:C08CA01] within 365d after it))");
       }},
      {"last_value",
       [] { return question("count (last observation[loinc:59261-8] in 2023-01-01..2023-12-31).value > 58 by sex"); }},
      {"monthly", [] { return question("tally observation[loinc:8480-6] by month(it)"); }},
      {"any_value", [] { return question("count exists any[*] where value > 350"); }},
      {"any_year", [] { return question("tally any[*] where value > 100 by year(it)"); }},
  };
  return all;
}

}  // namespace chartline::bench
