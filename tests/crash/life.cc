#include "tests/crash/life.h"

#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "engine/maintenance.h"
#include "engine/store_parts.h"

namespace chartline::crash {
namespace {

Result<void> write_notes(engine::Store& store) {
  for (const auto& shard : store.parts().shards) TRY(shard->write_position_note());
  return {};
}

Result<void> tell_heads(engine::Store& store, const Tell& tell) {
  for (const engine::AuditHead& head : store.audit_heads()) tell("head " + text(head));
  return {};
}

Result<void> upkeep(engine::Store& store, const Life& life, std::uint64_t chance, const Tell& tell) {
  const auto does = [&](const char* what) { tell(std::string("does ") + what); };
  switch (chance % 8) {
    case 0: return does("compact"), store.compact();
    case 1: {
      does("back up");
      const engine::BackupReport report = TRY(engine::backup(store, life.backups));
      tell("backup " + report.name);
      return {};
    }
    case 2: return write_notes(store);
    case 3: return tell_heads(store, tell);
    case 4: return store.parts().shards.front()->tables()->flush();
    default: return does("fold"), store.fold();
  }
}

Result<void> one_act(engine::Store& store, Writer& writer, unsigned number, const Tell& tell) {
  tell("begin " + std::to_string(number));
  TRY(writer.act(store));
  tell("done " + std::to_string(number));
  writer.advance();
  return {};
}

Result<void> load(engine::Store& store, const Promises& promises, const Tell& tell) {
  const unsigned number = promises.script().loader();
  Writer loader(promises.script(), number);
  loader.advance_to(promises.acknowledged_by(number));
  while (!loader.finished()) TRY(one_act(store, loader, number, tell));
  return {};
}

// A write that was answered before is answered the same, and done once.
Result<void> write_again(engine::Store& store, const Writer& writer, const Life& life) {
  if (life.trims || !writer.last_was_write()) return {};
  return TRY(writer.write_again(store)) ? Result<void>() : conflict("a batch that was written before was not known");
}

}  // namespace

engine::StoreOptions options_of(const Life& life) {
  engine::StoreOptions options;
  options.block_cache_bytes = 4 << 20;
  options.decoded_cache_bytes = 1 << 20;
  options.write_buffer_bytes = 2 << 20;
  options.delta_bytes_max = 1 << 20;
  options.fold_delay_ms = 1;
  if (life.trims) options.changes_kept_ms = 0;
  return options;
}

Result<void> live(engine::Store& store, const Promises& promises, const Life& life, const Tell& tell) {
  TRY(load(store, promises, tell));
  std::mutex mutex;
  std::optional<Error> first;
  std::atomic<bool> over = false;
  const auto note = [&](const Result<void>& done) {
    if (done) return true;
    const std::lock_guard lock(mutex);
    if (!first) first = done.error();
    over = true;
    return false;
  };
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < promises.script().writers; ++number)
    threads.emplace_back([&, number] {
      Writer writer(promises.script(), number);
      writer.advance_to(promises.acknowledged_by(number));
      if (!note(write_again(store, writer, life))) return;
      for (std::uint64_t i = 0; i < life.acts_max && !over; ++i)
        if (!note(one_act(store, writer, number, tell))) return;
    });
  threads.emplace_back([&] {
    std::mt19937_64 random(life.seed);
    for (std::uint64_t i = 0; i < life.rounds_max && !over; ++i)
      if (note(upkeep(store, life, random(), tell))) tell("does write");
  });
  for (std::thread& thread : threads) thread.join();
  return first ? Result<void>(*first) : Result<void>();
}

Result<void> live_in_turns(engine::Store& store, const Promises& promises, const Life& life, const Tell& tell) {
  std::optional<Error> first;
  const auto note = [&](const Result<void>& done) {
    if (!done && !first) first = done.error();
    return done.has_value();
  };
  if (!note(load(store, promises, tell))) return *first;
  std::mt19937_64 random(life.seed);
  std::vector<Writer> writers;
  std::vector<bool> stopped;  // what became of their last act is not known
  for (unsigned number = 0; number < promises.script().writers; ++number) {
    writers.emplace_back(promises.script(), number);
    writers.back().advance_to(promises.acknowledged_by(number));
    stopped.push_back(false);
  }
  for (std::uint64_t i = 0; i < life.acts_max; ++i)
    for (unsigned number = 0; number < writers.size(); ++number) {
      if (random() % 3 == 0) note(upkeep(store, life, random(), tell));
      if (!stopped[number]) stopped[number] = !note(one_act(store, writers[number], number, tell));
    }
  return first ? Result<void>(*first) : Result<void>();
}

}  // namespace chartline::crash
