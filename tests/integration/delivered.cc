#include "tests/integration/delivered.h"

#include <algorithm>

#include "tests/engine/event_words.h"
#include "tests/integration/must.h"

namespace chartline::integration {
namespace {

Hash128 hash_of(const record::Identifier& person) {
  return hash128(std::string(person.system) + "|" + std::string(person.value));
}

// Sequence and ordinal of a row without an id are the import's to give.
Hash128 fact(const Hash128& person, record::Event event) {
  if (event.record.empty()) event.sequence = 0, event.ordinal = 0;
  Hash128 hash = hash128(words(event));
  hash += person;
  return hash;
}

}  // namespace

Result<void> Delivered::add(const record::Record& record) {
  const Hash128 person = hash_of(record.identifiers.front());
  Facts said;
  for (const record::Event& event : record.events) said.push_back(fact(person, event));
  const record::Event& first = record.events.front();
  if (first.record.empty()) {
    rows_.insert(rows_.end(), said.begin(), said.end());
    return {};
  }
  const std::string key =
      std::string(first.source.organisation) + "|" + std::string(first.source.system) + "|" + std::string(first.record);
  records_[{person, hash128(key)}] = std::move(said);
  return {};
}

Facts Delivered::facts() const {
  Facts all = rows_;
  for (const auto& [key, said] : records_) all.insert(all.end(), said.begin(), said.end());
  std::sort(all.begin(), all.end());
  return all;
}

Facts facts_of(const engine::View& view) {
  Facts all;
  engine::Timeline timeline;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
    for (std::uint32_t id = 0; id < view.patients(shard); ++id) {
      const engine::PatientRef patient{shard, id};
      record::Arena arena;
      const auto identifiers = must(view.identifiers(patient, arena));
      must(view.own_timeline(patient, {.include_hidden = true}, stored::field_hot, timeline));
      for (std::size_t i = 0; i < timeline.size(); ++i)
        all.push_back(fact(hash_of(identifiers.front()), must(timeline.event(i))));
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace chartline::integration
