#include <algorithm>
#include <span>

#include "base/check.h"
#include "engine/import.h"
#include "engine/maintenance.h"
#include "engine/storage/memory.h"
#include "engine/terminology.h"
#include "query/code_lists.h"
#include "tests/query_random/script.h"

namespace chartline::query::random {

namespace {

// snomed:<<101 · icd10:E1* · local:c1
ListEntry entry_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  std::string_view code = text.substr(colon + 1);
  Reach reach = Reach::one;
  if (code.ends_with('*')) reach = Reach::prefix, code.remove_suffix(1);
  if (code.starts_with("<<")) {
    reach = Reach::self_and_descendants, code.remove_prefix(2);
  } else if (code.starts_with('<')) {
    reach = Reach::descendants, code.remove_prefix(1);
  }
  return {.code = {std::string(text.substr(0, colon)), std::string(code)}, .reach = reach};
}

std::vector<ListEntry> entries_of(std::string_view codes) {
  std::vector<ListEntry> entries;
  for (std::size_t from = 0; from < codes.size();) {
    const std::size_t to = std::min(codes.find(',', from), codes.size());
    entries.push_back(entry_of(codes.substr(from, to - from)));
    from = to + 1;
  }
  return entries;
}

void add_term(engine::Store& store, std::string_view child, std::string_view parent) {
  auto load = engine::TerminologyLoad::begin(store, "small world").value();
  load->add(record::ConceptLink{.from = {"snomed", child, {}}, .to = {"snomed", parent, {}}}).value();
  load->finish().value();
}

void load_terminology(engine::Store& store) {
  auto load = engine::TerminologyLoad::begin(store, "small world").value();
  for (const auto& [child, parent] : hierarchy)
    load->add(record::ConceptLink{.from = {"snomed", child, {}}, .to = {"snomed", parent, {}}}).value();
  for (const auto& [from, to] : mappings)
    load->add(record::ConceptLink{.relation = record::Relation::maps_to,
                                  .from = {from.system, from.code, {}},
                                  .to = {to.system, to.code, {}}})
        .value();
  load->finish().value();
}

}  // namespace

struct Replay::Parts {
  Script script;
  std::size_t next = 0;
  FixedClock clock{first_commit};
  std::unique_ptr<engine::Store> store;

  // Events without an id are records of their own.
  static std::vector<record::Record> records_of(const Step& step, record::Identifier& who) {
    who = {"test", step.person};
    const std::span<const record::Event> events = step.events;
    const bool together = events.size() < 2 || !events.front().record.empty();
    std::vector<record::Record> records(together ? 1 : events.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      records[i].identifiers = {&who, 1};
      records[i].events = together ? events : events.subspan(i, 1);
    }
    return records;
  }

  void load() {
    auto import = engine::Import::begin(
                      *store, {.path = engine::ImportOptions::Path::bulk, .memory_bytes = 64 << 20, .threads = 1})
                      .value();
    for (; next < script.steps.size() && script.steps[next].what == Step::What::load; ++next) {
      record::Identifier who;
      for (const record::Record& record : records_of(script.steps[next], who)) import->add(record).value();
    }
    check(import->finish().value().rejected == 0, "what a script loads is taken");
  }

  // What a cut-down script no longer can do (link someone who is not there) is passed over.
  void tell(const Step& step) {
    const record::Identifier a{"test", step.person}, b{"test", step.other};
    switch (step.what) {
      case Step::What::load: return;
      case Step::What::write: {
        record::Identifier who;
        const engine::Written written = store->write(records_of(step, who), {}).value();
        for (const engine::Outcome& one : written.outcomes)
          check(one.what != engine::Outcome::What::rejected, "what a script writes is taken");
        return;
      }
      case Step::What::link: return static_cast<void>(store->link(a, b));
      case Step::What::unlink: return static_cast<void>(store->unlink(a, b));
      case Step::What::erase: return static_cast<void>(engine::erase(*store, a));
      case Step::What::fold: return store->fold().value();
      case Step::What::terms: return add_term(*store, step.person, step.other);
      case Step::What::list:
        CodeLists(*store).keep(step.person, entries_of(step.other), {}, clock.now()).value();
        return;
    }
  }
};

Replay::Replay(const Script& script, std::uint32_t shards) : parts_(std::make_unique<Parts>()) {
  parts_->script = script;
  auto disk = std::make_shared<engine::MemoryDisk>();
  engine::Store::init(*engine::memory_backend(disk), {.shards = shards, .zone = "UTC"}).value();
  engine::StoreOptions options;
  options.clock = &parts_->clock;
  options.fold_in_background = false;
  parts_->store = engine::Store::open(std::shared_ptr<engine::Backend>(engine::memory_backend(disk)), options).value();
  load_terminology(*parts_->store);
}

Replay::~Replay() = default;
engine::Store& Replay::store() { return *parts_->store; }
Micros Replay::now() const { return parts_->clock.now(); }

bool Replay::step() {
  if (parts_->next == parts_->script.steps.size()) return false;
  if (parts_->script.steps[parts_->next].what == Step::What::load) {
    parts_->load();
  } else {
    parts_->tell(parts_->script.steps[parts_->next++]);
  }
  parts_->clock.advance(commit_step);
  return true;
}

}  // namespace chartline::query::random
