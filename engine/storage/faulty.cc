#include "engine/storage/faulty.h"

#include <atomic>
#include <new>
#include <string>
#include <thread>
#include <utility>

namespace chartline::engine {
namespace {

Error injected() { return unavailable("injected fault"); }

void spoil(Effect effect, Bytes& value) {
  if (effect == Effect::shorten) value.resize(value.size() / 2);
  if (effect == Effect::flip && !value.empty()) value[value.size() / 2] ^= 0x10;
}

bool is_failure(Effect effect) { return effect == Effect::fail || effect == Effect::fail_after; }

// Does `act` as the rule for this operation says; without one, just does it.
template <typename Act>
auto under(Faults& faults, Operation operation, std::optional<Table> table, Act act) -> decltype(act()) {
  const std::optional<FaultRule> rule = faults.strike(operation, table);
  if (!rule) return act();
  if (rule->effect == Effect::delay) std::this_thread::sleep_for(rule->late);
  if (rule->effect == Effect::fail) return injected();
  if (rule->effect == Effect::no_memory) throw std::bad_alloc();
  auto result = act();
  if (rule->effect == Effect::fail_after) return injected();
  return result;
}

class FaultyCatalogue final : public Catalogue {
 public:
  FaultyCatalogue(Catalogue& behind, Faults& faults) : behind_(behind), faults_(faults) {}
  Result<std::optional<Bytes>> get(const std::string& name) override {
    return under(faults_, Operation::catalogue_get, {}, [&] { return behind_.get(name); });
  }
  Result<void> set(const std::string& name, const std::optional<Bytes>& expected, const Bytes& value) override {
    return under(faults_, Operation::catalogue_set, {}, [&] { return behind_.set(name, expected, value); });
  }

 private:
  Catalogue& behind_;
  Faults& faults_;
};

class FaultyTables final : public Tables {
 public:
  FaultyTables(std::unique_ptr<Tables> behind, std::shared_ptr<Faults> faults)
      : behind_(std::move(behind)), faults_(std::move(faults)) {}

  Result<bool> get(Table table, BytesView key, const Snapshot* at, Pinned& value) override {
    const std::optional<FaultRule> rule = faults_->strike(Operation::get, table);
    if (rule && is_failure(rule->effect)) return injected();
    if (rule && rule->effect == Effect::delay) std::this_thread::sleep_for(rule->late);
    const bool found = TRY(behind_->get(table, key, at, value));
    if (!found || !rule || rule->effect == Effect::delay) return found;
    Bytes copy(value.bytes());
    spoil(rule->effect, copy);
    value.reset();
    const Bytes* held = new (value.storage()) Bytes(std::move(copy));
    value.hold(*held, [](void* storage) { static_cast<Bytes*>(storage)->~Bytes(); });
    return true;
  }

  Result<void> get_many(Table table, std::span<const Bytes> keys, const Snapshot* at,
                        std::vector<std::optional<Bytes>>& values) override {
    const std::optional<FaultRule> rule = faults_->strike(Operation::get_many, table);
    if (rule && is_failure(rule->effect)) return injected();
    if (rule && rule->effect == Effect::delay) std::this_thread::sleep_for(rule->late);
    TRY(behind_->get_many(table, keys, at, values));
    for (std::optional<Bytes>& value : values)
      if (rule && value) spoil(rule->effect, *value);
    return {};
  }

  Result<void> write(const Batch& batch, bool sync) override {
    return closing([&] {
      return under(*faults_, Operation::write, {}, [&] {
        const auto write = [&] { return behind_->write(batch, sync); };
        return sync ? under(*faults_, Operation::sync, {}, write) : write();
      });
    });
  }

  SnapshotPtr snapshot() override { return behind_->snapshot(); }

  Result<void> scan(Table table, BytesView from, BytesView past, const Snapshot* at,
                    const std::function<bool(BytesView, BytesView)>& visit) override {
    return under(*faults_, Operation::scan, table, [&] { return behind_->scan(table, from, past, at, visit); });
  }

  Result<std::unique_ptr<SortedFile>> sorted_file(Table table) override { return behind_->sorted_file(table); }
  Result<void> ingest(std::span<const std::unique_ptr<SortedFile>> files) override {
    return closing([&] { return under(*faults_, Operation::ingest, {}, [&] { return behind_->ingest(files); }); });
  }
  Result<void> flush() override {
    return closing([&] { return under(*faults_, Operation::flush, {}, [&] { return behind_->flush(); }); });
  }
  Result<void> compact() override {
    return closing([&] { return under(*faults_, Operation::compact, {}, [&] { return behind_->compact(); }); });
  }
  Result<void> compact(Table table, BytesView from, BytesView past) override {
    return closing([&] {
      return under(*faults_, Operation::compact, table, [&] { return behind_->compact(table, from, past); });
    });
  }
  Result<void> checkpoint(const std::string& folder) override {
    return under(*faults_, Operation::checkpoint, {}, [&] { return behind_->checkpoint(folder); });
  }
  Result<std::vector<std::string>> files() override { return behind_->files(); }
  Result<std::uint64_t> verify_files(std::uint64_t bytes_per_second, const std::function<bool()>& stop) override {
    return under(*faults_, Operation::verify, {}, [&] { return behind_->verify_files(bytes_per_second, stop); });
  }
  std::vector<TableStats> stats() override { return behind_->stats(); }
  bool writable() const override { return !closed_ && behind_->writable(); }

 private:
  // Fail stop: what changes the shard is done only while nothing of its kind has gone wrong.
  template <typename Act>
  Result<void> closing(Act act) {
    if (closed_) return unavailable("the shard is closed to writes since one failed: open it again");
    Result<void> done = act();
    if (!done && done.error().fault == Fault::unavailable) closed_ = true;
    return done;
  }

  std::unique_ptr<Tables> behind_;
  std::shared_ptr<Faults> faults_;
  std::atomic<bool> closed_ = false;
};

class FaultyBackend final : public Backend {
 public:
  FaultyBackend(std::unique_ptr<Backend> behind, std::shared_ptr<Faults> faults)
      : behind_(std::move(behind)), faults_(std::move(faults)), catalogue_(behind_->catalogue(), *faults_) {}

  Catalogue& catalogue() override { return catalogue_; }
  Result<std::unique_ptr<Lease>> acquire(std::uint32_t shard, std::uint64_t wait_ms) override {
    return under(*faults_, Operation::acquire, {}, [&] { return behind_->acquire(shard, wait_ms); });
  }
  Result<std::unique_ptr<Tables>> open(std::uint32_t shard, const Lease* lease, const TablesOptions& options) override {
    return under(*faults_, Operation::open, {}, [&]() -> Result<std::unique_ptr<Tables>> {
      return std::unique_ptr<Tables>(std::make_unique<FaultyTables>(TRY(behind_->open(shard, lease, options)), faults_));
    });
  }
  Result<void> restore(std::uint32_t shard, const std::string& checkpoint) override {
    return under(*faults_, Operation::restore, {}, [&] { return behind_->restore(shard, checkpoint); });
  }
  std::string scratch_folder() override { return behind_->scratch_folder(); }
  Result<std::vector<std::string>> sweep_scratch() override { return behind_->sweep_scratch(); }
  Result<void> write_note(std::uint32_t shard, const std::string& name, BytesView bytes) override {
    return under(*faults_, Operation::write_note, {}, [&] { return behind_->write_note(shard, name, bytes); });
  }
  Result<std::optional<Bytes>> read_note(std::uint32_t shard, const std::string& name) override {
    return under(*faults_, Operation::read_note, {}, [&] { return behind_->read_note(shard, name); });
  }

 private:
  std::unique_ptr<Backend> behind_;
  std::shared_ptr<Faults> faults_;
  FaultyCatalogue catalogue_;
};

}  // namespace

void Faults::add(FaultRule rule) {
  const std::lock_guard lock(mutex_);
  rules_.push_back(rule);
}

void Faults::clear() {
  const std::lock_guard lock(mutex_);
  rules_.clear();
}

std::uint64_t Faults::struck() const {
  const std::lock_guard lock(mutex_);
  return struck_;
}

std::optional<FaultRule> Faults::strike(Operation operation, std::optional<Table> table) {
  const std::lock_guard lock(mutex_);
  for (FaultRule& rule : rules_) {
    if (rule.operation != operation || rule.nth == 0 || (rule.table && rule.table != table)) continue;
    if (rule.nth > 1) {
      --rule.nth;
      continue;
    }
    if (std::uniform_real_distribution<double>()(random_) >= rule.probability) continue;
    if (!rule.lasting) rule.nth = 0;
    ++struck_;
    return rule;
  }
  return std::nullopt;
}

std::unique_ptr<Backend> faulty_backend(std::unique_ptr<Backend> behind, std::shared_ptr<Faults> faults) {
  return std::make_unique<FaultyBackend>(std::move(behind), std::move(faults));
}

}  // namespace chartline::engine
