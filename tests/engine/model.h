// The naive store: what a Store must answer, computed the obvious way. A list of everything ever said, looked through from
// the start for each question. Judges the engine over seeded random histories. A copy is the store of that moment.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/store.h"
#include "tests/engine/event_words.h"

namespace chartline::engine {

class Model {
 public:
  struct Version {
    std::string person;  // first identifier
    std::string record;  // source and id, or content and ordinal
    std::vector<record::Event> events;
    std::string words;  // of all events
    std::string original;
    bool hidden = false;
    Micros recorded = 0;
    Micros removed = INT64_MAX;
  };

  // What the store should say to the same write at this instant.
  Outcome::What write(const record::Record& said, Micros at) {
    const record::Record kept = copy(said, *arena_);
    Version version;
    version.person = person_of(kept);
    version.record = record_of(kept);
    version.recorded = at;
    version.original = kept.original;
    version.events.assign(kept.events.begin(), kept.events.end());
    version.hidden = true;
    for (const record::Event& event : kept.events) {
      version.words += words(event) + "\n";
      version.hidden = version.hidden && event.status == record::Status::entered_in_error;
    }
    Version* now = current(version.person, version.record);
    using Demand = record::Record::Demand;
    if (kept.demand == Demand::absent && now) return Outcome::What::rejected;
    if (kept.demand == Demand::version && (!now || now->events.front().version != kept.demanded_version))
      return Outcome::What::rejected;
    // The same in other bytes is new; the same without bytes is not.
    const bool same = now && now->words == version.words;
    if (same && (version.original.empty() || version.original == now->original)) return Outcome::What::unchanged;
    // A version that came and went, said again, is nothing new.
    if (now && said.demand == Demand::any && !kept.events.front().version.empty())
      for (const Version& past : versions_)
        if (past.person == version.person && past.record == version.record && past.words == version.words &&
            (!same || past.original == version.original))
          return Outcome::What::unchanged;
    const bool was_hidden = now && now->hidden;
    if (now) now->removed = at;
    const bool known = now != nullptr;
    versions_.push_back(version);
    if (version.hidden && !was_hidden) return Outcome::What::hidden;
    return known ? Outcome::What::superseded : Outcome::What::created;
  }

  void link(const std::string& a, const std::string& b, bool linked, Micros at) {
    links_.push_back({std::min(a, b), std::max(a, b), linked, at});
  }
  // A model that is wrong, to see that it is noticed: the version said last was never said.
  void forget_last() {
    if (!versions_.empty()) versions_.pop_back();
  }
  void erase(const std::string& person) {
    std::erase_if(versions_, [&](const Version& v) { return v.person == person; });
    std::erase_if(links_, [&](const Linked& l) { return l.a == person || l.b == person; });
  }

  bool linked(const std::string& a, const std::string& b, Micros as_of) const {
    bool now = false;
    for (const Linked& link : links_)
      if (link.a == std::min(a, b) && link.b == std::max(a, b) && link.at <= as_of) now = link.linked;
    return now;
  }

  // Everyone who is one person with this one.
  std::vector<std::string> group(const std::string& person, Micros as_of) const {
    std::vector<std::string> members{person};
    for (std::size_t i = 0; i < members.size(); ++i)
      for (const std::string& other : people())
        if (std::find(members.begin(), members.end(), other) == members.end() && linked(members[i], other, as_of))
          members.push_back(other);
    std::sort(members.begin(), members.end());
    return members;
  }

  // Events of one person alone at an instant, in the words of the test, sorted as text.
  std::vector<std::string> own(const std::string& person, Micros as_of, bool hidden) const {
    std::vector<std::string> list;
    for (const Version& version : versions_)
      if (version.person == person && version.recorded <= as_of &&
          (version.removed == INT64_MAX || as_of < version.removed))
        for (const record::Event& event : version.events)
          if (hidden || event.status != record::Status::entered_in_error) list.push_back(words(event));
    std::sort(list.begin(), list.end());
    return list;
  }
  // Its events once more, each with the bytes that it came in.
  std::vector<std::string> originals(const std::string& person, Micros as_of) const {
    std::vector<std::string> list;
    for (const Version& version : versions_)
      if (version.person == person && version.recorded <= as_of &&
          (version.removed == INT64_MAX || as_of < version.removed))
        for (const record::Event& event : version.events) list.push_back(words(event) + "\n" + version.original);
    std::sort(list.begin(), list.end());
    return list;
  }
  std::vector<record::Event> events(const std::string& person, Micros as_of) const {
    std::vector<record::Event> list;
    for (const Version& version : versions_)
      if (version.person == person && version.recorded <= as_of &&
          (version.removed == INT64_MAX || as_of < version.removed))
        list.insert(list.end(), version.events.begin(), version.events.end());
    return list;
  }
  // Of a person, the records that have an id and are current.
  std::vector<const Version*> known(const std::string& person) const {
    std::vector<const Version*> list;
    for (const Version& version : versions_)
      if (version.person == person && version.removed == INT64_MAX && !version.events.front().record.empty())
        list.push_back(&version);
    return list;
  }
  std::size_t versions(const std::string& person) const {
    std::size_t count = 0;
    for (const Version& version : versions_)
      if (version.person == person) count += version.events.size();
    return count;
  }
  std::vector<std::string> people() const {
    std::vector<std::string> list;
    for (const Version& version : versions_) list.push_back(version.person);
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
    return list;
  }

 private:
  struct Linked {
    std::string a, b;
    bool linked;
    Micros at;
  };
  static std::string person_of(const record::Record& said) { return std::string(said.identifiers.front().value); }
  static std::string record_of(const record::Record& said) {
    record::Event event = said.events.front();
    if (event.record.empty()) event.sequence = 0;
    const std::string source = std::string(event.source.organisation) + "|" + std::string(event.source.system) + "|";
    return event.record.empty() ? source + "content " + words(event) : source + "id " + std::string(event.record);
  }
  Version* current(const std::string& person, const std::string& record) {
    for (Version& version : versions_)
      if (version.person == person && version.record == record && version.removed == INT64_MAX) return &version;
    return nullptr;
  }

  std::shared_ptr<record::Arena> arena_ = std::make_shared<record::Arena>();  // shared with copies
  std::deque<Version> versions_;
  std::vector<Linked> links_;
};

}  // namespace chartline::engine
