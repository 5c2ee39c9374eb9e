#include "tests/damage/told_store.h"

#include <gtest/gtest.h>

#include "engine/audit/audit.h"
#include "engine/audit/trail.h"
#include "engine/store_parts.h"
#include "engine/terminology.h"
#include "query/code_lists.h"
#include "tests/engine/event_words.h"
#include "tests/engine_maintenance/made_store.h"
#include "tests/query_random/answer.h"

namespace chartline::engine {
namespace {

constexpr int people = 12;

// Counts, timelines in order, values and times: what goes by postings, by heads, by runs and by who people are.
constexpr const char* questions[] = {
    "count exists observation[*]\n",
    "count exists condition[local:c1] by sex\n",
    "tally observation[*] by month(it)\n",
    "count (last observation[*] where comparator = '=').value > 10\n",
    "count exists observation[*] with (condition[*] within 400d after it)\n",
    "count count(observation[snomed:c2] | condition[local:c3]) >= 1 by age(2019-03-01)\n",
    "tally encounter[*] overlapping 2019-01-05..2019-02-05\n",
    "count exists event[snomed:<<t1]\n",
};

Answer failed(const Error& error) { return {.words = error.message, .failed = true, .fault = error.fault}; }

class Asking {
 public:
  explicit Asking(Store& store) : store_(store), view_(store.view()) {}

  Answers all() {
    for (int person = 0; person < people + 2; ++person) find("test|p" + std::to_string(person));
    for (std::uint32_t shard = 0; shard < view_.shards(); ++shard) {
      for (PatientId id = 0; id < view_.patients(shard); ++id) ask_of({shard, id});
      for (Name code = 0; code <= view_.codes(shard); ++code) postings(shard, code);
    }
    const View before = store_.view_as_of(told_from + 60'000);
    for (std::uint32_t shard = 0; shard < view_.shards(); ++shard)
      for (PatientId id = 0; id < before.patients(shard); ++id) timeline(before, {shard, id}, "before ");
    named(), feed(), audit(), terminology();
    for (const char* text : questions)
      for (const auto executor : {query::Executor::reference, query::Executor::vectorised}) {
        const query::random::Asked asked = query::random::ask(store_, view_, text, executor);
        const bool fails = asked.end == query::random::Asked::End::failed;
        note(std::string(executor == query::Executor::reference ? "reference " : "vectorised ") + text,
             {.words = fails ? asked.why : print(asked), .failed = fails, .fault = Fault::corrupt});
      }
    return std::move(answers_);
  }

 private:
  void note(const std::string& question, Answer answer) { answers_.emplace(question, std::move(answer)); }
  static std::string name_of(PatientRef patient) {
    return std::to_string(patient.shard) + "/" + std::to_string(patient.id);
  }

  void find(const std::string& identifier) {
    const auto found = view_.find(identifier);
    note("who is " + identifier, !found ? failed(found.error()) : Answer{*found ? name_of(**found) : "nobody"});
  }

  void ask_of(PatientRef patient) {
    timeline(view_, patient, "");
    const std::string who = " of " + name_of(patient);
    record::Arena room;
    const auto identifiers = view_.identifiers(patient, room);
    std::string names;
    if (identifiers)
      for (const record::Identifier& one : *identifiers)
        names += std::string(one.system) + "|" + std::string(one.value) + " ";
    note("identifiers" + who, identifiers ? Answer{names} : failed(identifiers.error()));
    const auto about = view_.demographics(patient);
    note("who" + who, about ? Answer{words(about->birth) + " " + std::to_string(about->sex)} : failed(about.error()));
    const auto history = view_.history(patient, room);
    if (!history) return note("history" + who, failed(history.error()));
    std::string text;
    for (const View::Version& version : *history) text += words(version.event) + "\n";
    note("history" + who, {text});
    std::size_t number = 0;
    for (const View::Version& version : *history) {
      if (!version.event.has_original) continue;
      const auto original = view_.original(patient, version.event);
      note("original " + std::to_string(++number) + who,
           original ? Answer{original->value_or("none")} : failed(original.error()));
    }
  }

  void timeline(const View& view, PatientRef patient, const std::string& when) {
    const std::string question = when + "timeline of " + name_of(patient);
    auto timeline = view.timeline(patient, {.include_hidden = true});
    if (!timeline) return note(question, failed(timeline.error()));
    std::string text;
    for (std::size_t i = 0; i < timeline->size(); ++i) {
      const auto event = timeline->event(i);
      if (!event) return note(question, failed(event.error()));
      text += words(*event) + "\n";
    }
    note(question, {text});
  }

  void postings(std::uint32_t shard, Name code) {
    const std::string question = "postings of " + std::to_string(shard) + ", " + std::to_string(code);
    const auto found = view_.merged_postings(shard, code, 0, 100);
    if (!found) return note(question, failed(found.error()));
    std::string text = words(view_.code_of(shard, code)) + ":";
    for (const stored::Posting& posting : *found)
      text += " " + std::to_string(posting.patient) + "#" + std::to_string(posting.number) + "@" +
              std::to_string(posting.day) + "/" + std::to_string(posting.flags) + "/" +
              std::to_string(posting.end.word) + " " + std::string(record::name(posting.author)) + " " +
              std::string(record::name(posting.status)) + " " + std::string(record::name(posting.certainty));
    note(question, {text});
  }

  void named() {
    for (const std::string name : {"plain", "unfolded", "absent"}) {
      const auto value = store_.meta(name);
      note("named " + name, value ? Answer{value->value_or("none")} : failed(value.error()));
    }
    const auto entries = query::CodeLists(store_).entries("heart", 1);
    std::string text;
    if (entries)
      for (const query::ListEntry& entry : *entries) text += entry.code.system + ":" + entry.code.code + "\n";
    note("code list", entries ? Answer{text} : failed(entries.error()));
  }

  void feed() {
    record::Arena room;
    const auto entries = store_.changes({}, SIZE_MAX, room);
    if (!entries) return note("feed", failed(entries.error()));
    std::string text;
    for (const FeedEntry& entry : *entries) {
      text += std::to_string(entry.shard) + "." + std::to_string(entry.commit) + " " + name_of(entry.patient) + " " +
              std::to_string(static_cast<int>(entry.what)) + " ";
      for (const record::Event& event : entry.added) text += words(event);
      text += "\n";
    }
    note("feed", {text});
  }

  void audit() {
    std::string text;
    const auto read = read_audit(store_, {}, [&](const AuditRecord& record) -> Result<void> {
      text += std::string(name(record.entry.act)) + " " + record.entry.who + " " + record.entry.text + "\n";
      return {};
    });
    note("audit", read ? Answer{text} : failed(read.error()));
  }

  void terminology() {
    record::Arena room;
    const auto links = concept_links(store_, "", record::Relation::is_a, {"snomed", "t1", {}}, true, room);
    std::string text;
    if (links)
      for (const record::ConceptLink& link : *links) text += words(link.from) + " ";
    note("terminology", links ? Answer{text} : failed(links.error()));
  }

  Store& store_;
  const View view_;
  Answers answers_;
};

}  // namespace

void describe_store(Backend& backend, std::uint32_t shards, std::uint64_t seed) {
  StoreDescription description;
  description.id = "00000000000000000000000000000001";
  description.shards = shards;
  description.secret = seed * 0x9e3779b97f4a7c15u;
  const auto set = backend.catalogue().set(description_entry, std::nullopt, encode(description));
  ASSERT_TRUE(set) << set.error().message;
}

void tell_everything(Store& store, FixedClock& clock, std::uint64_t seed, bool folded) {
  tell(store, clock, {.seed = seed, .people = people, .writes = 40});
  ASSERT_TRUE(store.set_meta("plain", "a value under a name"));
  record::Arena arena;
  const record::Record said = said_of("p1", "in a batch", "words", arena);
  ASSERT_TRUE(store.write({&said, 1}, {.batch_id = "batch"}));
  auto load = TerminologyLoad::begin(store, "small");
  ASSERT_TRUE(load) << load.error().message;
  for (const char* child : {"c1", "c2"}) {
    ASSERT_TRUE((*load)->add(record::Concept{.code = {"snomed", child, "a child"}}));
    ASSERT_TRUE((*load)->add(record::ConceptLink{.from = {"snomed", child, {}}, .to = {"snomed", "t1", {}}}));
  }
  ASSERT_TRUE((*load)->finish());
  ASSERT_TRUE(
      query::CodeLists(store).keep("heart", {{.code = {"local", "c1"}}, {.code = {"snomed", "c2"}}}, {}, clock.now()));
  AuditEntry entry{.act = Act::query, .who = "dr who", .patients = {{0, 0}}, .text = "count"};
  ASSERT_TRUE(store.audit({&entry, 1}));
  ASSERT_TRUE(store.fold());
  tell(store, clock, {.seed = seed + 1, .people = people, .writes = 15, .folds = false});
  ASSERT_TRUE(store.audit({&entry, 1}));
  ASSERT_TRUE(store.set_meta("unfolded", "another"));  // last: the audit log knows nothing of it
  if (folded) {
    ASSERT_TRUE(store.fold());
  }
}

Answers answers_of(Store& store) { return Asking(store).all(); }

std::string silently_wrong(const Answers& before, const Answers& after, std::string_view which) {
  std::string wrong;
  const bool some_failed = !first_failure(after).empty();
  for (const auto& [question, answer] : before) {
    if (!question.starts_with(which)) continue;
    const auto now = after.find(question);
    if (now == after.end()) {
      // What names the things to ask about may have failed.
      if (!some_failed) wrong += question + ": could not even be asked\n";
    } else if (!now->second.failed && now->second.words != answer.words) {
      wrong += question + ": was\n" + answer.words + "\nis\n" + now->second.words + "\n";
    }
  }
  for (const auto& [question, answer] : after)
    if (!answer.failed && question.starts_with(which) && !before.contains(question))
      wrong += question + ": is new\n" + answer.words + "\n";
  return wrong;
}

std::string first_failure(const Answers& answers) {
  for (const auto& [question, answer] : answers)
    if (answer.failed) return answer.words;
  return "";
}

}  // namespace chartline::engine
