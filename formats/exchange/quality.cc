#include "formats/exchange/quality.h"

#include <atomic>
#include <mutex>
#include <ostream>
#include <thread>

#include "base/utf8.h"
#include "formats/record/systems.h"

namespace chartline::exchange {
namespace {

using record::Event;
using record::Kind;
using record::Status;

// Things may be planned for a day to come.
bool may_lie_ahead(Kind kind) {
  switch (kind) {
    case Kind::appointment:
    case Kind::care_plan:
    case Kind::goal:
    case Kind::referral: return true;
    default: return false;
  }
}
bool may_lie_ahead(const Event& event) {
  if (may_lie_ahead(event.kind)) return true;
  switch (event.status) {
    case Status::planned:
    case Status::booked:
    case Status::pending:
    case Status::proposed:
    case Status::draft:
    case Status::intended: return true;
    default: return false;
  }
}

// A lock that is nearly always free: one exchange to take it, one store to give it back.
class LightLock {
 public:
  void lock() {
    while (taken_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  }
  void unlock() { taken_.clear(std::memory_order_release); }

 private:
  std::atomic_flag taken_ = ATOMIC_FLAG_INIT;
};

// What one thread counted. Threads have a slot each while there are enough, so that they do not wait for one another.
struct alignas(64) Slot {
  mutable LightLock mutex;
  std::uint64_t rows = 0;
  std::uint64_t records = 0;
  std::uint64_t in_future = 0;
  std::uint64_t end_before_start = 0;
  std::array<KindSummary, record::kind_count> kinds = {};
  std::string last_system;  // most rows name the system of the row before
  bool last_system_is_known = false;
  std::uint64_t tables = 0;           // of the plain events that came last
  std::vector<bool> codes_are_known;  // by their numbers: whether their systems are

  void count(const Event& event, Micros now);
  void count(const record::PlainEvents& plain, Micros now);
  bool is_known(std::string_view system) {
    if (system != last_system) {
      last_system = system;
      last_system_is_known = record::find_system(system).has_value();
    }
    return last_system_is_known;
  }
};

void Slot::count(const Event& event, Micros now) {
  KindSummary& kind = kinds[static_cast<std::size_t>(event.kind)];
  const auto with = [&](Field field, bool has) { kind.with[static_cast<std::size_t>(field)] += has ? 1 : 0; };
  const bool is_number = event.value.form == record::Value::Form::number;
  ++kind.events;
  kind.numbers += is_number ? 1 : 0;
  with(Field::code, !event.code.empty());
  with(Field::known_system, !event.code.empty() && is_known(event.code.system));
  with(Field::time, event.start.known());
  with(Field::time_of_day, event.start.precision >= record::Precision::second);
  with(Field::end, event.end.form != record::End::Form::point && event.end.form != record::End::Form::unknown);
  with(Field::value, event.value.form != record::Value::Form::none);
  with(Field::unit, is_number && !event.value.unit.empty());
  with(Field::status, event.status != Status::none);
  with(Field::certainty, event.certainty != record::Certainty::none);
  with(Field::author, event.author != record::Author::unknown);
  with(Field::record, !event.record.empty());
  with(Field::encounter, !event.encounter.empty());
  with(Field::source, !event.source.organisation.empty());
  if (event.start.known() && event.start.instant() > now && !may_lie_ahead(event)) ++in_future;
  // Only an end that lies before the start whichever moments the two stand for.
  if (event.end.form == record::End::Form::at && event.start.known() && event.end.at.known() &&
      event.end.at.instant() < event.start.instant() &&
      record::interval(event.end.at).past <= record::interval(event.start).first) {
    ++end_before_start;
  }
}

void Slot::count(const record::PlainEvents& plain, Micros now) {
  if (tables != plain.tables->number()) tables = plain.tables->number(), codes_are_known.clear();
  const auto codes = plain.tables->codes();
  while (codes_are_known.size() < codes.size())
    codes_are_known.push_back(is_known(codes[codes_are_known.size()].system));
  const bool has_source = !plain.source.organisation.empty();
  for (const record::PlainEvent& event : plain.events) {
    KindSummary& kind = kinds[static_cast<std::size_t>(event.kind)];
    const auto with = [&](Field field, bool has) { kind.with[static_cast<std::size_t>(field)] += has ? 1 : 0; };
    ++kind.events;
    kind.numbers += event.has_number ? 1 : 0;
    with(Field::code, true);
    with(Field::known_system, codes_are_known[event.code]);
    with(Field::time, event.precision != record::Precision::none);
    with(Field::time_of_day, event.precision >= record::Precision::second);
    with(Field::value, event.has_number);
    with(Field::source, has_source);
    if (event.precision != record::Precision::none && event.start().instant() > now && !may_lie_ahead(event.kind))
      ++in_future;
  }
}

std::size_t slot_of_this_thread() {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t slot = threads++;
  return slot;
}

std::string where(const Place& place) {
  std::string text = place.file;
  if (place.line > 0) text += ", line " + std::to_string(place.line);
  if (!place.field.empty()) text += ", " + place.field;
  return text;
}

std::string ndjson(const Problem& problem) {
  std::string line = R"({"outcome":)";
  line += problem.outcome == Problem::Outcome::rejected ? R"("rejected")" : R"("repaired")";
  line += R"(,"rule":)", append_json_string(line, problem.rule);
  line += R"(,"file":)", append_json_string(line, problem.place.file);
  line += R"(,"line":)" + (problem.place.line > 0 ? std::to_string(problem.place.line) : "null");
  line += R"(,"field":)", append_json_string(line, problem.place.field);
  line += R"(,"reason":)", append_json_string(line, problem.reason);
  return line + "}\n";
}

void add(Counts& counts, std::string_view key, std::uint64_t n) {
  if (n == 0) return;
  const auto at = counts.find(key);
  if (at != counts.end()) at->second += n;
  else counts.emplace(key, n);
}

class Report final : public QualityReport {
 public:
  Report(QualityOptions options, std::ostream* problems) : options_(std::move(options)), problems_(problems) {}

  void row() override {
    Slot& slot = mine();
    const std::lock_guard lock(slot.mutex);
    ++slot.rows;
  }

  void accepted(const record::Record& record) override {
    Slot& slot = mine();
    const std::lock_guard lock(slot.mutex);
    ++slot.records;
    for (const Event& event : record.events) slot.count(event, options_.now);
  }

  void rows_accepted(const record::PlainEvents& plain) override {
    Slot& slot = mine();
    const std::lock_guard lock(slot.mutex);
    slot.rows += plain.events.size(), slot.records += plain.events.size();
    slot.count(plain, options_.now);
  }

  Result<void> problem(Problem problem) override {
    const bool rejected = problem.outcome == Problem::Outcome::rejected;
    const std::lock_guard lock(mutex_);
    add(rejected ? counted_.rejected_by_rule : counted_.repaired_by_rule, problem.rule, 1);
    ++(rejected ? counted_.rejected : counted_.repaired);
    if (problems_ != nullptr) {
      const std::string line = ndjson(problem);
      problems_->write(line.data(), static_cast<std::streamsize>(line.size()));
      if (!problems_->good()) return unavailable("the data-quality report cannot be written");
    }
    if (rejected && options_.strict)
      return invalid_request(where(problem.place) + ": " + problem.reason + " (" + problem.rule + ")");
    return {};
  }

  void impossible(std::string_view rule) override {
    const std::lock_guard lock(mutex_);
    add(counted_.impossible, rule, 1);
  }
  void defaulted(std::string_view field, std::uint64_t times) override {
    const std::lock_guard lock(mutex_);
    add(counted_.defaulted, field, times);
  }
  void duplicates(std::uint64_t rows) override {
    const std::lock_guard lock(mutex_);
    counted_.duplicates += rows;
  }

  QualitySummary summary() const override {
    QualitySummary all = counted();
    all.source = options_.source;
    for (const Slot& slot : slots_) {
      const std::lock_guard lock(slot.mutex);
      all.rows += slot.rows;
      all.records += slot.records;
      add(all.impossible, "in_future", slot.in_future);
      add(all.impossible, "end_before_start", slot.end_before_start);
      for (std::size_t k = 0; k < slot.kinds.size(); ++k) {
        if (slot.kinds[k].events == 0) continue;
        KindSummary& kind = all.kinds[static_cast<Kind>(k)];
        all.events += slot.kinds[k].events;
        kind.events += slot.kinds[k].events;
        kind.numbers += slot.kinds[k].numbers;
        for (std::size_t f = 0; f < field_count; ++f) kind.with[f] += slot.kinds[k].with[f];
      }
    }
    return all;
  }

 private:
  Slot& mine() { return slots_[slot_of_this_thread() % slots_.size()]; }
  QualitySummary counted() const {
    const std::lock_guard lock(mutex_);
    return counted_;
  }

  const QualityOptions options_;
  std::array<Slot, 16> slots_;
  mutable std::mutex mutex_;  // guards what follows
  QualitySummary counted_;
  std::ostream* problems_;
};

}  // namespace

std::unique_ptr<QualityReport> make_quality(QualityOptions options, std::ostream* problems) {
  return std::make_unique<Report>(std::move(options), problems);
}

}  // namespace chartline::exchange
