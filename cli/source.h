// A Source is where a command's answers come from: the folder of a store, or a server. A command asks it and does not know which;
// what it prints is the same.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/open_store.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "engine/import.h"
#include "engine/maintenance.h"
#include "engine/person_about.h"
#include "engine/terminology.h"
#include "engine/view.h"
#include "query/code_lists.h"
#include "query/run.h"

namespace chartline::cli {

using Position = std::vector<std::uint64_t>;  // a commit for each shard

// Whose events, and which.
struct TimelineAsked {
  std::string patient;  // an identifier's value, or SYSTEM|VALUE
  Micros as_of = INT64_MAX;
  engine::TimelineFilter filter{};
};

// A timeline as a page shows it.
struct Chart {
  engine::PersonAbout person;
  std::vector<record::Event> events;  // in the order of time
  // What --from and --last left out before the first one: how many events, without those that tell who it is, and the last
  // number of each code and unit.
  std::size_t earlier = 0;
  std::vector<record::Event> earlier_numbers;
  std::shared_ptr<const void> holds;  // what all of it is borrowed from
};

using OnPerson = std::function<Result<void>(const engine::PersonAbout&)>;
using OnEvent = std::function<Result<void>(const record::Event&)>;
using OnPatientEvent = std::function<Result<void>(const record::Identifier&, const record::Event&)>;

// A query that the source has prepared.
class Question {
 public:
  virtual ~Question() = default;
  std::vector<query::Complaint> complaints;  // not empty: it cannot be run
  std::size_t statements = 0;                // that give rows
  virtual Result<void> run(const query::RunOptions& options, query::ResultSink& sink) = 0;
};

// One change of the feed.
struct ChangeRow {
  std::uint32_t shard = 0;
  std::uint64_t commit = 0;
  Micros recorded = 0;
  engine::FeedEntry::What what{};
  record::Identifier patient;  // the first known now; empty once erased
  std::span<const std::uint32_t> removed;
  std::span<const record::Event> added;
  record::Identifier identifier, other;
};
class ChangeReader {
 public:
  virtual ~ChangeReader() = default;
  // The next changes, borrowed until the one after; none at the end of what there is.
  virtual Result<std::vector<ChangeRow>> next() = 0;
  virtual const Position& position() const = 0;  // to go on from
};

// What an import asks for.
struct ImportAsked {
  std::string source;  // what terminology of this import is called as a version
  bool map_codes = false;
  std::uint64_t memory_bytes = 1ull << 30;
  unsigned threads = 1;
};
struct Imported {
  engine::ImportCounts records;
  engine::TerminologyLoad::Counts terminology;
};

// An import under way; see engine::Import.
class ImportSession {
 public:
  virtual ~ImportSession() = default;
  // The source's id of the record, and why it was refused. From one thread at a time.
  using Refused = std::function<void(std::string_view record, const Error& why)>;
  virtual void on_refused(Refused refused) = 0;
  virtual Result<void> add(const record::Record& record) = 0;
  virtual Result<void> add(const record::Concept& entry) = 0;
  virtual Result<void> add(const record::ConceptLink& link) = 0;
  class Part {
   public:
    virtual ~Part() = default;
    virtual Result<void> add(const record::Record& record) = 0;
    virtual Result<void> add(const record::PlainEvents& events) = 0;
  };
  virtual std::unique_ptr<Part> part() = 0;  // null where records must come in order
  virtual Result<Imported> finish() = 0;
};

struct ShownEntry {
  query::ListEntry entry;
  bool carried = false;  // an event of the store carries this code
};
struct KeptList {
  query::ListVersion version;
  bool is_new = false;
};
struct Figure {
  std::string name;
  std::uint64_t value = 0;
};

// Who entered a cohort and who left it, and where to go on from.
struct WatchedCohort {
  struct Change {
    std::string system, patient;
    bool entered = false;  // else left
  };
  std::vector<Change> changes;
  Position position;
};

class Source {
 public:
  virtual ~Source() = default;

  virtual const std::string& name() const = 0;  // as the person gave it
  virtual const std::string& zone() const = 0;  // of local times
  virtual Result<Position> position() = 0;      // the last commit of each shard
  virtual Result<std::uint64_t> patients() = 0;

  // -- timelines
  virtual Result<Chart> chart(const TimelineAsked& asked, std::uint64_t last) = 0;  // the last ones; 0: all
  // In pages, so that memory stays bounded.
  virtual Result<void> timeline(const TimelineAsked& asked, const OnPerson& on_person, const OnEvent& on_event) = 0;
  virtual Result<void> events(const engine::TimelineFilter& filter, Progress& progress,
                              const OnPatientEvent& on_event) = 0;
  // The systems of which the store knows a code; one that ends in `*` is a prefix.
  virtual Result<std::set<std::string>> systems_with(std::string_view code) = 0;

  // -- questions
  virtual Result<std::unique_ptr<Question>> prepare(std::string_view text, const query::PrepareOptions& options,
                                                    const query::RunOptions& limits) = 0;
  virtual Result<std::vector<std::string>> cohorts() = 0;
  virtual Result<std::optional<std::string>> cohort_text(const std::string& name) = 0;
  virtual Result<std::vector<query::Complaint>> save_cohort(const std::string& name, std::string_view text,
                                                            const query::PrepareOptions& options) = 0;
  virtual Result<void> forget_cohort(const std::string& name) = 0;
  virtual Result<WatchedCohort> watch_cohort(const std::string& name, const Position& since) = 0;

  // -- code lists
  virtual Result<std::vector<query::CodeList>> code_lists() = 0;  // by name; removed ones too
  virtual Result<std::vector<ShownEntry>> list_entries(const std::string& name, std::uint32_t version) = 0;
  virtual Result<KeptList> keep_list(const std::string& name, std::vector<query::ListEntry> entries,
                                     const query::ListOrigin& origin) = 0;
  virtual Result<void> remove_list(const std::string& name) = 0;
  virtual Result<std::vector<engine::TerminologyVersion>> terminology() = 0;

  // -- writing
  virtual Result<std::unique_ptr<ImportSession>> import(const ImportAsked& asked) = 0;
  // Two patients, each by an identifier's value or SYSTEM|VALUE, are one person, or are not any more.
  virtual Result<void> link(const std::string& one, const std::string& other) = 0;
  virtual Result<void> unlink(const std::string& one, const std::string& other) = 0;

  // -- the change feed, from a position; nothing: from the oldest change kept
  virtual Result<std::unique_ptr<ChangeReader>> changes(const std::optional<Position>& since) = 0;

  // -- figures
  virtual Result<std::string> stats_text() = 0;
  virtual Result<std::vector<Figure>> stats() = 0;
  virtual Result<std::string> hash(bool history, Progress& progress) = 0;
  virtual Result<engine::CheckReport> check(bool deep, Progress& progress) = 0;
  // Into `folder`; of a server into its own, and then it is "".
  virtual Result<engine::BackupReport> backup(const std::string& folder, Progress& progress) = 0;
};

// Whether it is a server that is asked. invalid_request where both are named.
Result<bool> is_server(const Invocation& invocation);
// The store of --store, or the server of --server.
Result<std::unique_ptr<Source>> open_source(const Invocation& invocation, Access access);

}  // namespace chartline::cli
