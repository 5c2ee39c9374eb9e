#include "engine/code_mapper.h"

#include <algorithm>

namespace chartline::engine {

Result<const CodeMapper::Names*> CodeMapper::targets(const record::Code& code) {
  std::string key(code.system);
  key.append(1, '\0').append(code.code);
  auto known = known_.find(key);
  if (known == known_.end())
    known = known_.emplace(std::move(key), TRY(terminology_.mapped_from(code.system, code.code))).first;
  return &known->second;
}

Result<record::Record> CodeMapper::mapped(const record::Record& record, record::Arena& room) {
  std::vector<record::Event> events(record.events.begin(), record.events.end());
  bool changed = false;
  for (record::Event& event : events) {
    if (event.code.empty()) continue;
    std::vector<record::Code> codes = {event.code};
    codes.insert(codes.end(), event.translations.begin(), event.translations.end());
    const std::size_t told = codes.size();
    for (std::size_t i = 0; i < told; ++i) {
      const Names* const names = TRY(targets(codes[i]));
      for (const auto& [system, code] : *names) {
        const record::Code target{system, code, {}};
        if (std::ranges::none_of(codes, [&](const record::Code& one) { return same(one, target); }))
          codes.push_back({room.text(system), room.text(code), {}});
      }
    }
    if (codes.size() == told) continue;
    codes.erase(codes.begin());
    event.translations = room.array(codes);
    changed = true;
  }
  record::Record made = record;
  if (changed) made.events = room.array(events);
  return made;
}

}  // namespace chartline::engine
