#include "tests/crash/promises.h"

#include <algorithm>
#include <charconv>

#include "engine/audit/trail.h"
#include "engine/maintenance.h"

namespace chartline::crash {
namespace {

std::string said(const std::string& what, const Error& error) {
  return what + ": " + std::string(name(error.fault)) + ": " + error.message;
}

// How many acts of this writer the store holds: as many as were acknowledged, or the one under way too.
std::uint64_t acts_of(unsigned number, const Promises& promises, const Holding& found,
                      std::vector<std::string>& complaints) {
  Writer writer(promises.script(), number);
  writer.advance_to(promises.acknowledged_by(number));
  Holding expected = writer.holding();
  // Somebody all of whose records are gone again is known and has nothing: the timeline cannot tell.
  const auto as_seen = [](Holding holding) {
    std::erase_if(holding.known, [&](const std::string& who) {
      return std::none_of(holding.records.begin(), holding.records.end(),
                          [&](const auto& record) { return record.first.starts_with(who + " "); });
    });
    return holding;
  };
  if (as_seen(expected) == found) return writer.done();
  if (promises.may_have_begun(number) && !writer.finished()) {
    writer.advance();
    if (as_seen(writer.holding()) == found) return writer.done();
  }
  complaints.push_back("writer " + std::to_string(number) + " after " + std::to_string(promises.acknowledged_by(number)) +
                       " acts" + (promises.may_have_begun(number) ? ", or one more" : "") + ":\n  promised " +
                       words(expected) + "\n  found    " + words(found));
  return promises.acknowledged_by(number);
}

}  // namespace

Promises::Promises(const Script& script) : script_(script), done_(script.writers + 1), begun_(script.writers + 1) {}

void Promises::hear(std::string_view line) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space), rest = line.substr(space + 1);
  if (word == "head") {
    if (const auto head = engine::parse_audit_head(rest)) heads_.push_back(*head);
  } else if (word == "backup") {
    backups_.insert(std::string(rest));
  } else if (word == "begin" || word == "done" || word == "found") {
    std::size_t writer = 0;
    const char* const past = rest.data() + rest.size();
    const auto read = std::from_chars(rest.data(), past, writer);
    begun_.at(writer) = word == "begin";
    if (word == "done") ++done_.at(writer);
    if (word == "found") std::from_chars(read.ptr + 1, past, done_.at(writer));
  }
}

std::uint64_t Promises::acknowledged() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t acts : done_) sum += acts;
  return sum;
}

Looked look(engine::Store& store, const Promises& promises, Deep deep, const std::string& backups) {
  Looked looked;
  std::vector<std::string>& complaints = looked.complaints;
  const auto audited = read_audited(store);
  if (!audited) {
    looked.errors.push_back(said("audit log", audited.error()));
    return looked;
  }
  for (unsigned writer = 0; writer <= promises.script().writers; ++writer) {
    const auto found = read_holding(store, promises.script(), writer, *audited);
    if (!found) looked.errors.push_back(said("writer " + std::to_string(writer), found.error()));
    looked.acts.push_back(found ? acts_of(writer, promises, *found, complaints) : promises.acknowledged_by(writer));
  }
  if (deep == Deep::no) return looked;

  const auto checked = engine::check(store, {.deep = true, .progress = {}});
  if (!checked) looked.errors.push_back(said("check", checked.error()));
  if (checked)
    for (const std::string& finding : checked->findings) complaints.push_back("check: " + finding);
  const auto verified = engine::verify_audit(store, promises.heads());
  if (!verified) looked.errors.push_back(said("audit", verified.error()));
  if (verified)
    for (const std::string& finding : verified->findings) complaints.push_back("audit: " + finding);

  if (promises.backups().empty()) return looked;
  const auto listed = engine::list_backups(backups);
  if (!listed) {
    looked.errors.push_back(said("backups", listed.error()));
    return looked;
  }
  for (const std::string& name : promises.backups())
    if (std::none_of(listed->begin(), listed->end(), [&](const auto& one) { return one.name == name; }))
      complaints.push_back("backup " + name + " was acknowledged and is not there");
  return looked;
}

}  // namespace chartline::crash
