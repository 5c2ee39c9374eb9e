#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/measure.h"
#include "bench/store_bench.h"
#include "engine/store.h"
#include "engine/timeline_columns.h"

namespace chartline::bench {
namespace {

using engine::PatientRef;
using engine::Timeline;
using engine::TimelineColumns;
using engine::View;

constexpr std::uint32_t hot_three = stored::field_time | stored::field_code | stored::field_value;

std::unique_ptr<engine::Store> open(const std::string& folder, const engine::StoreOptions& options) {
  return or_stop(engine::Store::open(folder, options));
}

PatientRef patient_of(const View& view, std::uint64_t number) {
  const auto found = or_stop(view.find(std::to_string(number)));
  if (!found) std::fprintf(stderr, "bench: a patient of the events is not in the store\n"), std::exit(1);
  return *found;
}

std::vector<PatientRef> asked_patients(const View& view, std::uint64_t patients, std::uint64_t reads) {
  std::mt19937_64 random(question_seed);
  std::vector<PatientRef> asked;
  for (std::uint64_t i = 0; i < reads; ++i) asked.push_back(patient_of(view, random() % patients + 1));
  return asked;
}

std::int64_t hundredths(const stored::RowValue& value) {
  if (value.form != record::Value::Form::number) return -1;
  std::int64_t n = value.number.mantissa;
  for (int scale = value.number.scale; scale < 2; ++scale) n *= 10;
  return n;
}

std::uint64_t file_bytes(engine::Store& store, engine::Table table) {
  for (const engine::TableStats& stats : store.stats().tables)
    if (stats.table == table) return stats.file_bytes;
  return 0;
}

struct Read {
  std::uint64_t events = 0;
  std::uint64_t sum = 0;  // of everything that was read, so that nothing is left out
  engine::TimelineColumns columns;
};

void read_columns(const View& view, PatientRef patient, Timeline& timeline, Read& read) {
  or_stop(view.timeline(patient, {}, hot_three, timeline));
  TimelineColumns& columns = read.columns;
  columns.read(timeline, hot_three);
  for (std::size_t i = 0; i < columns.size(); ++i)
    read.sum += static_cast<std::uint64_t>(columns.start_local[i]) + columns.code[i] +
                static_cast<std::uint64_t>(columns.value[i]);
  read.events += columns.size();
}

// The same with the text of each event's code, as who shows a timeline would take it.
void read_texts(const View& view, PatientRef patient, Timeline& timeline, Read& read) {
  or_stop(view.timeline(patient, {}, hot_three, timeline));
  TimelineColumns& columns = read.columns;
  columns.read(timeline, hot_three);
  std::size_t i = 0;
  for (const engine::TimelineStretch& stretch : columns.stretches)
    for (; i < stretch.past; ++i)
      read.sum += static_cast<std::uint64_t>(columns.start_local[i]) +
                  static_cast<unsigned char>(view.code_of(stretch.shard, columns.code[i]).code.front()) +
                  static_cast<std::uint64_t>(columns.value[i]);
  read.events += columns.size();
}

// Whole events, every field of each.
void read_events(const View& view, PatientRef patient, Timeline& timeline, Read& read) {
  or_stop(view.timeline(patient, {}, stored::field_hot, timeline));
  for (std::size_t i = 0; i < timeline.size(); ++i) {
    const record::Event event = or_stop(timeline.event(i));
    read.sum += static_cast<std::uint64_t>(event.start.local) + event.code.code.size() +
                static_cast<std::uint64_t>(event.value.number.mantissa);
  }
  read.events += timeline.size();
}

template <typename One>
void measure(const std::string& figure, const View& view, const std::vector<PatientRef>& asked, std::size_t reads,
             One one) {
  Timeline timeline;
  Read read;
  std::vector<double> micros;
  micros.reserve(reads);
  for (std::size_t i = 0; i < reads; ++i) {
    const Stopwatch watch;
    one(view, asked[i], timeline, read);
    micros.push_back(watch.micros());
  }
  if (read.sum == 0) std::fprintf(stderr, "bench: nothing was read\n"), std::exit(1);
  report("chartline", (figure + ".events").c_str(), static_cast<double>(read.events) / static_cast<double>(reads));
  report_times("chartline", figure, std::move(micros));
}

void measure_find(const View& view, std::uint64_t patients, std::size_t reads) {
  std::mt19937_64 random(question_seed);
  std::vector<double> micros;
  std::string name;
  for (std::size_t i = 0; i < reads; ++i) {
    name = std::to_string(random() % patients + 1);
    const Stopwatch watch;
    or_stop(view.find(name));
    micros.push_back(watch.micros());
  }
  report_times("chartline", "find.warm", std::move(micros));
}

}  // namespace

void sizes(const std::string& folder, std::uint64_t patients) {
  const auto store = open(folder, {});
  or_stop(store->compact());
  const engine::StoreStats stats = store->stats();
  double all = 0;
  for (const engine::TableStats& table : stats.tables) {
    all += static_cast<double>(table.file_bytes);
    report("chartline", ("disk." + std::string(engine::name(table.table)) + ".bytes").c_str(),
           static_cast<double>(table.file_bytes));
  }
  report("chartline", "disk.bytes", all);
  report("chartline", "disk.bytes_per_event", all / static_cast<double>(stats.events));

  const View view = store->view();
  std::vector<std::string> codes(view.codes(0) + 1);
  for (stored::Name name = 1; name < codes.size(); ++name) {
    const record::Code code = view.code_of(0, name);
    codes[name] = std::string(code.system) + "|" + std::string(code.code);
  }
  Fingerprint fingerprint;
  Timeline timeline;
  for (std::uint64_t patient = 1; patient <= patients; ++patient) {
    or_stop(view.timeline(patient_of(view, patient), {}, hot_three, timeline));
    for (std::size_t i = 0; i < timeline.size(); ++i)
      fingerprint.add(static_cast<std::int64_t>(patient), timeline.start(i).local / record::micros_per_second,
                      codes[timeline.code(i)], hundredths(timeline.value(i)));
  }
  fingerprint.print("chartline");
}

void timelines(const std::string& folder, std::uint64_t patients, std::uint64_t reads, std::uint64_t peer_bytes) {
  std::vector<PatientRef> asked;
  std::uint64_t timeline_bytes = 0, details_bytes = 0;
  {
    const auto store = open(folder, {.block_cache_bytes = 4ull << 30, .decoded_cache_bytes = 4ull << 30});
    timeline_bytes = file_bytes(*store, engine::Table::timeline),
    details_bytes = file_bytes(*store, engine::Table::details);
    const View view = store->view();
    asked = asked_patients(view, patients, reads);
    const auto warm_up = [&](auto one) {
      Timeline timeline;
      Read read;
      for (int times = 0; times < 3; ++times)  // what is read a second time is kept decoded
        for (const PatientRef patient : asked) one(view, patient, timeline, read);
    };
    warm_up(read_columns);
    measure("timeline.warm", view, asked, reads, read_columns);
    measure("timeline_texts.warm", view, asked, reads, read_texts);
    warm_up(read_events);
    measure("timeline_events.warm", view, asked, reads, read_events);
    measure_find(view, patients, reads);
  }
  {
    const auto store = open(folder, {.block_cache_bytes = 4ull << 30, .decoded_cache_bytes = 0});
    const View view = store->view();
    Timeline timeline;
    Read read;
    for (const PatientRef patient : asked) read_columns(view, patient, timeline, read);
    measure("timeline.packed", view, asked, reads, read_columns);
  }
  // A tenth of what these reads touch, past the page cache: nine reads of ten go to the disk. And as much memory as that is for the peer.
  const auto cold = [&](const char* figure, std::uint64_t bytes, auto one) {
    const auto store = open(folder, {.block_cache_bytes = bytes / 10, .decoded_cache_bytes = 0, .direct_reads = true});
    const View view = store->view();
    Timeline timeline;
    Read read;
    const std::size_t few = asked.size() / cold_reads_divisor;
    for (std::size_t i = asked.size() - few; i < asked.size(); ++i) one(view, asked[i], timeline, read);
    measure(figure, view, asked, few, one);
  };
  cold("timeline.tenth", timeline_bytes, read_columns);
  cold("timeline.same_memory", peer_bytes, read_columns);
  cold("timeline_texts.tenth", timeline_bytes, read_texts);
  cold("timeline_events.tenth", timeline_bytes + details_bytes, read_events);
}

void bounded_reads(const std::string& folder) {
  std::uint64_t bytes = 0;
  for (const engine::TableStats& table : or_stop(engine::Store::open(folder, {.read_only = true}))->stats().tables)
    bytes += table.file_bytes;
  const std::uint64_t bound = bytes / 10;
  report("chartline", "memory.before_bytes", peak_rss_bytes());
  const auto store = open(folder, {.block_cache_bytes = bound / 2,
                                   .decoded_cache_bytes = bound / 4,
                                   .write_buffer_bytes = bound / 8,
                                   .delta_bytes_max = bound / 8});
  const View view = store->view();
  Timeline timeline;
  Read read;
  for (engine::PatientId patient = 0; patient < view.patients(0); ++patient)
    read_columns(view, {0, patient}, timeline, read);
  const std::uint32_t blocks = view.patients(0) / 4096 + 1;
  std::uint64_t postings = 0;
  for (stored::Name code = 1; code <= view.codes(0); ++code)
    for (std::uint32_t block = 0; block < blocks; ++block)  // a scan holds all that it was asked for
      for (const auto& run : or_stop(view.postings(0, code, block, block, ~0u)).runs) postings += run->count;
  if (postings == 0 || read.events == 0) std::fprintf(stderr, "bench: nothing was read\n"), std::exit(1);
  report("chartline", "memory.bound_bytes", static_cast<double>(bound));
  report("chartline", "memory.peak_rss_bytes", peak_rss_bytes());
}

}  // namespace chartline::bench
