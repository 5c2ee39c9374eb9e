#include "tests/integration/delivered_terms.h"

#include "tests/integration/must.h"

namespace chartline::integration {
namespace {

std::pair<std::string, std::string> key_of(const record::Code& code) {
  return {std::string(code.system), std::string(code.code)};
}

}  // namespace

void DeliveredTerms::add(const record::Concept& entry) { concepts_[key_of(entry.code)] = entry.code.display; }

void DeliveredTerms::add(const record::ConceptLink& link) {
  links_.insert({link.relation, key_of(link.from), key_of(link.to)});
}

std::uint64_t DeliveredTerms::missing_in(engine::Store& store) const {
  std::uint64_t missing = 0;
  record::Arena room;
  for (const auto& [key, display] : concepts_) {
    const auto found = must(engine::find_concept(store, "", {key.first, key.second, {}}, room));
    missing += !found || found->code.display != display;
  }
  std::map<std::pair<record::Relation, Key>, std::set<Key>> by_start;
  for (const auto& [relation, from, to] : links_) by_start[{relation, from}].insert(to);
  for (const auto& [start, ends] : by_start) {
    std::set<Key> found;
    const record::Code from{start.second.first, start.second.second, {}};
    for (const auto& link : must(engine::concept_links(store, "", start.first, from, false, room)))
      found.insert(key_of(link.to));
    missing += found != ends;
  }
  return missing;
}

}  // namespace chartline::integration
