#include "tests/engine/history.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "engine/import.h"
#include "engine/maintenance.h"
#include "engine/storage/memory.h"
#include "engine/store_parts.h"
#include "tests/engine/model.h"
#include "tests/engine/random_records.h"

namespace chartline::engine {
namespace {

namespace fs = std::filesystem;

constexpr Micros first_instant = 1'700'000'000'000'000;
constexpr std::array<std::string_view, 18> step_names = {"load",    "import", "write",    "retry",   "correct", "hide",
                                                         "erase",   "link",   "together", "fold",    "compact", "check",
                                                         "compare", "reopen", "crash",    "back up", "restore", "lie"};

std::string_view name(Step::What what) { return step_names[static_cast<std::size_t>(what)]; }

Error differs(std::string how) { return corrupt(std::move(how)); }

Result<void> same(bool holds, const std::string& how) { return holds ? Result<void>() : Result<void>(differs(how)); }

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "  " + line + "\n";
  return text;
}

Result<void> agree(std::vector<std::string> actual, std::vector<std::string> expected, const std::string& what) {
  std::sort(actual.begin(), actual.end());
  std::sort(expected.begin(), expected.end());
  if (actual == expected) return {};
  return differs(what + ": the store says\n" + joined(actual) + "the model\n" + joined(expected));
}

class Player {
 public:
  explicit Player(const HistoryPlan& plan) : plan_(plan), folder_(plan.folder), make_(plan.seed) {
    if (folder_.empty()) disk_ = std::make_shared<MemoryDisk>();
  }

  Result<void> play() {
    // The secret decides which shard a patient goes to: the same in every run.
    StoreDescription description;
    description.id = "00000000000000000000000000000001", description.shards = plan_.shards,
    description.secret = plan_.seed;
    const auto backend = disk_ ? memory_backend(disk_) : TRY(local_backend(folder_, true));
    TRY(backend->catalogue().set(description_entry, std::nullopt, encode(description)));
    TRY(open());
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
      clock_.advance(1000);
      make_ = RandomRecords(plan_.steps[i].seed);
      if (const auto done = step(plan_.steps[i].what); !done)
        return differs("step " + std::to_string(i + 1) + ", " + std::string(name(plan_.steps[i].what)) + ": " +
                       done.error().message);
    }
    if (const auto done = compare(); !done) return differs("at the end: " + done.error().message);
    return {};
  }

 private:
  Result<void> step(Step::What what) {
    switch (what) {
      case Step::What::load: return load(ImportOptions::Path::bulk);
      case Step::What::import: return load(ImportOptions::Path::log);
      case Step::What::write: return write(some_records(1 + make_.below(4)), false);
      case Step::What::retry: return write(some_records(1 + make_.below(4)), true);
      case Step::What::correct: return say_again(false);
      case Step::What::hide: return say_again(true);
      case Step::What::erase: return erase();
      case Step::What::link: return link();
      case Step::What::together: return together();
      case Step::What::fold: return store_->fold();
      case Step::What::compact: return store_->compact();
      case Step::What::check: return check_store(*store_);
      case Step::What::compare: return compare();
      case Step::What::reopen: return open();
      case Step::What::crash: return crash();
      case Step::What::back_up: return back_up();
      case Step::What::restore: return restore();
      case Step::What::lie: return model_.forget_last(), Result<void>();
    }
    return {};
  }

  Result<std::unique_ptr<Store>> opened(const std::string& folder) {
    StoreOptions options;
    options.clock = &clock_;
    options.fold_in_background = false;
    options.block_cache_bytes = options.decoded_cache_bytes = 16 << 20;
    return disk_ ? Store::open(std::shared_ptr<Backend>(memory_backend(disk_)), options) : Store::open(folder, options);
  }
  Result<void> open() {
    store_.reset();
    store_ = TRY(opened(folder_));
    return {};
  }
  Result<void> crash() {
    if (!disk_) return open();
    disk_->crash_at_random(make_.below(1000));
    return open();
  }

  static Result<void> check_store(Store& store) {
    const CheckReport report = TRY(engine::check(store, {.deep = true, .progress = {}}));
    return same(report.findings.empty(), report.findings.empty() ? "" : report.findings.front());
  }

  // -- what is said

  std::vector<record::Record> some_records(std::uint64_t n) {
    std::vector<record::Record> records;
    std::set<std::pair<std::string, std::string>> without_id;
    for (; n > 0; --n) {
      const record::Record said = make_.make(arena_);
      // Equal rows of one write are several events; the model leaves ordinals to a test of their own.
      if (said.events.front().record.empty() &&
          !without_id.insert({std::string(said.identifiers.front().value), words(said.events.front())}).second)
        continue;
      records.push_back(said);
    }
    return records;
  }

  Result<void> told(const std::vector<record::Record>& records, const Written& written) {
    for (std::size_t i = 0; i < records.size(); ++i) {
      const auto actual = name(written.outcomes[i].what), expected = name(model_.write(records[i], clock_.now()));
      TRY(same(actual == expected, "record " + std::to_string(i) + " was " + std::string(actual) + " " +
                                       written.outcomes[i].reason + ", by the model " + std::string(expected)));
    }
    return {};
  }

  Result<void> write(const std::vector<record::Record>& records, bool retry) {
    WriteOptions options;
    if (retry) options.batch_id = "batch-" + std::to_string(clock_.now());
    const Written written = TRY(store_->write(records, options));
    TRY(told(records, written));
    if (!retry) return {};
    if (make_.one_in(2)) TRY(store_->fold());
    if (make_.one_in(4)) TRY(open());
    const Written again = TRY(store_->write(records, options));
    TRY(same(again.repeated, "the batch is not known"));
    for (std::size_t i = 0; i < records.size(); ++i)
      TRY(same(again.outcomes[i].what == written.outcomes[i].what, "the batch is answered otherwise"));
    return {};
  }

  // A record that is known, with other content, or taken back.
  Result<void> say_again(bool hide) {
    const auto known = model_.known(make_.person());
    if (known.empty()) return {};
    const Model::Version& before = *known[make_.below(known.size())];
    record::Record said = make_.make(arena_);
    said.demand = record::Record::Demand::any;
    const record::Identifier identifier{"test", arena_.text(before.person)};
    said.identifiers = arena_.array(std::vector{identifier});
    std::vector<record::Event> events(said.events.begin(), said.events.end());
    if (hide) events = before.events;
    for (record::Event& event : events) {
      event.source = before.events.front().source, event.record = before.events.front().record;
      event.version = events.front().version;
      if (hide) event.status = record::Status::entered_in_error;
    }
    said.events = arena_.array(events);
    return write({said}, false);
  }

  // What the records of one patient say happens in order, at one instant.
  Result<void> load(ImportOptions::Path path) {
    const auto import = TRY(Import::begin(*store_, {.path = path}));
    std::set<std::string> equal;
    ImportCounts expected;
    for (std::uint64_t n = make_.below(path == ImportOptions::Path::bulk ? 60 : 12); n > 0; --n) {
      record::Record said = make_.make(arena_);
      said.demand = record::Record::Demand::any;
      // A row without an id gets its place here; the model has no places to give, and knows one for each instant.
      const record::Event& event = said.events.front();
      if (event.record.empty() && path != ImportOptions::Path::bulk) continue;
      if (event.record.empty() &&
          !equal.insert(std::string(said.identifiers.front().value) + std::to_string(event.start.instant())).second)
        continue;
      TRY(import->add(said));
      switch (model_.write(said, clock_.now())) {
        case Outcome::What::created: ++expected.created; break;
        case Outcome::What::unchanged: ++expected.unchanged; break;
        case Outcome::What::superseded: ++expected.superseded; break;
        case Outcome::What::hidden: ++expected.hidden; break;
        case Outcome::What::rejected: ++expected.rejected; break;
      }
    }
    const ImportCounts counts = TRY(import->finish());
    const auto text = [](const ImportCounts& of) {
      return std::to_string(of.created) + " created, " + std::to_string(of.unchanged) + " unchanged, " +
             std::to_string(of.superseded) + " superseded, " + std::to_string(of.hidden) + " hidden, " +
             std::to_string(of.rejected) + " rejected";
    };
    return same(text(counts) == text(expected), text(counts) + "; by the model " + text(expected));
  }

  Result<void> erase() {
    const std::string who = make_.person();
    const auto erased = engine::erase(*store_, {"test", who});
    if (!knows(who)) return same(!erased.has_value(), "somebody unknown is erased");
    const ErasureReport report = TRY(erased);
    TRY(same(report.found_in.empty(), "bytes of the erased are left"));
    model_.erase(who);
    for (auto& [name, model] : backups_) model.erase(who);
    return same(!TRY(store_->view().find("test|" + who)).has_value(), "the erased are found");
  }

  bool knows(const std::string& who) const {
    const auto people = model_.people();
    return std::find(people.begin(), people.end(), who) != people.end();
  }

  Result<void> link() {
    const std::string a = make_.person(), b = make_.person();
    const bool linked = model_.linked(a, b, INT64_MAX);
    const auto done = linked ? store_->unlink({"test", a}, {"test", b}) : store_->link({"test", a}, {"test", b});
    if (a == b || !knows(a) || !knows(b)) return same(!done.has_value(), "somebody is linked who cannot be");
    TRY(done);
    model_.link(a, b, !linked, clock_.now());
    return {};
  }

  // -- several threads: two write about people of their own, one folds, one reads; each write is seen whole or not at all

  Result<void> together() {
    std::array<std::vector<record::Record>, 2> records;
    for (const record::Record& said : some_records(8))
      records[said.identifiers.front().value.back() % 2].push_back(said);
    const std::vector<std::string> people = model_.people();
    const std::string watched = people.empty() ? "" : people[make_.below(people.size())];
    const std::vector<std::string> before = model_.own(watched, INT64_MAX, true);

    std::array<Result<Written>, 2> written{Written(), Written()};
    Result<void> folded, watching;
    std::vector<std::vector<std::string>> seen;
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < written.size(); ++i)
        threads.emplace_back([&, i] { written[i] = store_->write(records[i], {}); });
      threads.emplace_back([&] { folded = store_->fold(); });
      if (!watched.empty())
        threads.emplace_back([&] {
          for (int i = 0; i < 3 && watching; ++i) watching = watch(watched, seen.emplace_back());
        });
    }
    for (std::size_t i = 0; i < written.size(); ++i) TRY(told(records[i], TRY(written[i])));
    TRY(folded);
    TRY(watching);
    const std::vector<std::string> after = model_.own(watched, INT64_MAX, true);
    for (std::vector<std::string>& lines : seen) {
      std::sort(lines.begin(), lines.end());
      if (lines != before) TRY(agree(lines, after, "while others wrote, " + watched));
    }
    return {};
  }

  Result<void> watch(const std::string& person, std::vector<std::string>& lines) {
    const View view = store_->view();
    const auto patient = TRY(view.find("test|" + person));
    TRY(same(patient.has_value(), "somebody known is not found"));
    Timeline timeline;
    TRY(view.own_timeline(*patient, {.include_hidden = true}, stored::field_hot, timeline));
    for (std::size_t i = 0; i < timeline.size(); ++i) lines.push_back(words(TRY(timeline.event(i))));
    return {};
  }

  // -- backups

  Result<void> back_up() {
    if (disk_) return {};
    const BackupReport report = TRY(backup(*store_, plan_.folder + ".backup"));
    backups_[report.name] = model_;
    return {};
  }

  // Any backup so far becomes the store, half of the times: what was erased since stays erased.
  Result<void> restore() {
    if (backups_.empty()) return {};
    auto at = backups_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(make_.below(backups_.size())));
    const std::string to = plan_.folder + ".restored-" + std::to_string(++restored_);
    const RestoreReport report = TRY(
        engine::restore(plan_.folder + ".backup", to, {.name = at->first, .verify = make_.one_in(2), .progress = {}}));
    std::unique_ptr<Store> copy = TRY(opened(to));
    TRY(check_store(*copy));
    TRY(compare(copy->view(), at->second, INT64_MAX));
    // What is erased again is recorded by the clock on the wall, which this history does not live by.
    if (report.erased_again > 0 || make_.one_in(2)) return {};
    store_ = nullptr;
    folder_ = to, model_ = at->second, store_ = std::move(copy);
    return {};
  }

  // -- everything the store says of everyone, now and at a random instant before

  Result<void> compare() {
    TRY(compare(store_->view(), model_, INT64_MAX));
    const auto steps = static_cast<std::uint64_t>((clock_.now() - first_instant) / 1000) + 1;
    const Micros before = first_instant + static_cast<Micros>(make_.below(steps)) * 1000 + 500;
    TRY(compare(store_->view_as_of(before), model_, before));
    return compare_changed_since(store_->view_as_of(before));
  }

  Result<void> compare(const View& view, const Model& model, Micros as_of) {
    for (const std::string& person : model.people())
      if (const auto done = compare(view, model, as_of, person); !done)
        return differs("as of " + std::to_string(as_of) + ", " + person + ": " + done.error().message);
    return as_of == INT64_MAX ? compare_postings(view, model) : Result<void>();
  }

  Result<void> compare(const View& view, const Model& model, Micros as_of, const std::string& person) {
    const auto patient = TRY(view.find("test|" + person));
    TRY(same(patient.has_value(), "is not found"));
    std::vector<std::string> group = model.group(person, as_of), expected;
    for (const bool hidden : {false, true}) {
      expected.clear();
      for (const std::string& member : group)
        for (const std::string& event : model.own(member, as_of, hidden)) expected.push_back(event);
      TimelineFilter filter;
      filter.include_hidden = hidden;
      filter.backwards = make_.one_in(2);
      Timeline timeline = TRY(view.timeline(*patient, filter));
      std::vector<std::string> actual, originals;
      for (std::size_t i = 0; i < timeline.size(); ++i) {
        const record::Event event = TRY(timeline.event(i));
        actual.push_back(words(event));
        const auto original = TRY(view.original(timeline.patient(i), event));
        TRY(same(original.has_value() == event.has_original, "an original comes and goes"));
        originals.push_back(words(event) + "\n" + original.value_or(""));
        if (i == 0) continue;
        const Micros a = timeline.start(i - 1).instant(), b = timeline.start(i).instant();
        TRY(same(filter.backwards ? a >= b || !timeline.start(i).known() : a <= b || !timeline.start(i - 1).known(),
                 "the timeline is not in order"));
      }
      TRY(agree(actual, expected, hidden ? "timeline with what is hidden" : "timeline"));
      if (!hidden) continue;
      expected.clear();
      for (const std::string& member : group)
        for (const std::string& event : model.originals(member, as_of)) expected.push_back(event);
      TRY(agree(originals, expected, "originals"));
    }
    if (as_of != INT64_MAX) return {};
    record::Arena room;
    const std::vector<View::Version> versions = TRY(view.history(*patient, room));
    TRY(same(versions.size() == model.versions(person),
             std::to_string(versions.size()) + " versions, by the model " + std::to_string(model.versions(person))));
    if (&model != &model_ || versions.empty()) return {};
    return compare_edges(*patient, versions[make_.below(versions.size())]);
  }

  // A version is seen from the very instant at which it was recorded, until just before the one at which it was replaced.
  Result<void> compare_edges(PatientRef patient, const View::Version& version) {
    const auto seen = [&](Micros as_of) -> Result<bool> {
      Timeline timeline;
      TRY(store_->view_as_of(as_of).own_timeline(patient, {.include_hidden = true}, stored::field_hot, timeline));
      for (std::size_t i = 0; i < timeline.size(); ++i)
        if (timeline.number(i) == version.event.number) return true;
      return false;
    };
    const Micros from = version.event.recorded, to = version.removed;
    TRY(same(!TRY(seen(from - 1)), "a version is seen before it was recorded"));
    if (from == to) return {};
    TRY(same(TRY(seen(from)), "a version is not seen at the instant of its recording"));
    if (to == 0) return {};
    TRY(same(TRY(seen(to - 1)), "a version is not seen until it is replaced"));
    return same(!TRY(seen(to)), "a version is seen at the instant of its replacement");
  }

  // Who is said to have changed since has a version that came or went since; of all others the present tells the same.
  static Result<void> compare_changed_since(const View& then) {
    const View now = then.present();
    const TimelineFilter everything{.include_hidden = true};
    for (std::uint32_t shard = 0; shard < then.shards(); ++shard) {
      const SeenBlock changed = TRY(then.changed_since(shard, 0));
      TRY(same((changed >> then.patients(shard)).none(), "somebody without an id has changed"));
      for (PatientId id = 0; id < then.patients(shard); ++id) {
        const PatientRef patient{shard, id};
        record::Arena room;
        const auto since = [&](const View::Version& one) {
          return one.event.recorded > then.as_of() || one.removed > then.as_of();
        };
        TRY(same(changed[id] == std::ranges::any_of(TRY(now.history(patient, room)), since),
                 "who has changed since is somebody else"));
        if (changed[id]) continue;
        std::vector<std::string> told[2];
        for (const View* view : {&then, &now}) {
          Timeline timeline;
          TRY(view->own_timeline(patient, everything, stored::field_hot, timeline));
          for (std::size_t i = 0; i < timeline.size(); ++i) told[view == &now].push_back(words(TRY(timeline.event(i))));
        }
        TRY(agree(told[0], told[1], "the timeline of who has not changed since"));
      }
    }
    return {};
  }

  // Postings of every code hold exactly the events that carry it.
  static Result<void> compare_postings(const View& view, const Model& model) {
    std::map<std::string, std::size_t> expected, actual;
    for (const std::string& person : model.people())
      for (const record::Event& event : model.events(person, INT64_MAX)) {
        std::set<std::string> codes{words(event.code)};
        for (const record::Code& code : event.translations) codes.insert(words(code));
        for (const std::string& code : codes) ++expected[code];
      }
    for (std::uint32_t shard = 0; shard < view.shards(); ++shard)
      for (Name code = 0; code <= view.codes(shard); ++code)
        if (const std::size_t postings = TRY(view.merged_postings(shard, code, 0, 0)).size(); postings > 0)
          actual[words(view.code_of(shard, code))] += postings;
    const auto lines = [](const std::map<std::string, std::size_t>& counts) {
      std::vector<std::string> list;
      for (const auto& [code, count] : counts) list.push_back(code + " " + std::to_string(count));
      return list;
    };
    return agree(lines(actual), lines(expected), "postings");
  }

  const HistoryPlan& plan_;
  std::string folder_;  // of the store now
  RandomRecords make_;  // of the step
  record::Arena arena_;
  FixedClock clock_{first_instant};
  std::shared_ptr<MemoryDisk> disk_;
  std::unique_ptr<Store> store_;
  Model model_;
  std::map<std::string, Model> backups_;  // by name: what they hold, less who was erased since
  int restored_ = 0;
};

// What belongs to the history on disk: the store, its backups, the stores restored from them.
void remove_files(const HistoryPlan& plan) {
  if (plan.folder.empty()) return;
  const fs::path folder = plan.folder;
  std::vector<fs::path> gone;
  for (const auto& each : fs::directory_iterator(folder.parent_path()))
    if (each.path().filename().string().starts_with(folder.filename().string())) gone.push_back(each.path());
  for (const fs::path& path : gone) fs::remove_all(path);
}

}  // namespace

HistoryPlan random_history(std::uint64_t seed, int steps, const std::string& folder) {
  using What = Step::What;
  // As often as it stands here.
  static constexpr What at_random[] = {What::write, What::write,   What::write,   What::write,    What::write,
                                       What::write, What::write,   What::retry,   What::correct,  What::correct,
                                       What::hide,  What::import,  What::link,    What::link,     What::fold,
                                       What::fold,  What::compact, What::compare, What::together, What::together,
                                       What::crash, What::back_up, What::restore, What::reopen};
  RandomRecords chance(seed);
  HistoryPlan plan{.seed = seed, .shards = chance.one_in(2) ? 1u : 8u, .folder = folder};
  if (chance.one_in(2)) plan.steps.push_back({What::load, chance.below(1'000'000)});
  for (int i = 0; i < steps; ++i) {
    What what = at_random[chance.below(std::size(at_random))];
    if (what == What::reopen && chance.one_in(2)) what = What::check;
    if (what == What::compact && chance.one_in(2)) what = What::erase;
    plan.steps.push_back({what, chance.below(1'000'000)});
  }
  return plan;
}

Result<void> play(const HistoryPlan& plan) {
  remove_files(plan);
  const auto played = Player(plan).play();
  remove_files(plan);
  return played;
}

HistoryPlan shrink(HistoryPlan plan, const std::function<bool(const HistoryPlan&)>& fails) {
  for (std::size_t run = std::max<std::size_t>(plan.steps.size() / 2, 1);;) {
    const std::size_t before = plan.steps.size();
    for (std::size_t from = 0; from < plan.steps.size();) {
      HistoryPlan less = plan;
      const auto begin = less.steps.begin() + static_cast<std::ptrdiff_t>(from);
      less.steps.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(run, less.steps.size() - from)));
      if (fails(less)) plan = std::move(less);
      else from += run;
    }
    if (run > 1) run /= 2;
    else if (plan.steps.size() == before) return plan;
  }
}

std::string print(const HistoryPlan& plan) {
  std::string text = "history of seed " + std::to_string(plan.seed) + ", " + std::to_string(plan.shards) + " shards, " +
                     (plan.folder.empty() ? "in memory" : "over files") + "\n";
  for (const Step& step : plan.steps)
    text += "  " + std::string(name(step.what)) + " " + std::to_string(step.seed) + "\n";
  return text;
}

}  // namespace chartline::engine
