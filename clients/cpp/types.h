// What is asked of a server and what it answers, as plain values. Text of events is borrowed from the page that holds them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "formats/record/event.h"
#include "formats/record/terminology.h"

namespace chartline::client {

// A commit for each shard of the store.
using Position = std::vector<std::uint64_t>;

// Who the server took the connection to be.
struct About {
  std::string user, role, purpose, project;
  Micros expires = 0;  // then every call is `denied`: connect again
  std::string zone;    // of the store's local times
  std::uint32_t shards = 0;
  std::string version;  // of the server
  bool break_glass = false;
};

struct Identifier {
  std::string system, value;
};

// ---------------------------------------------------------------------------------------------------------------- timelines

// Which events of a timeline; all that is given holds together. Borrowed for the call.
struct Filter {
  std::optional<record::Day> from{}, to{};  // inclusive; events without a time are left out where either is given
  std::uint32_t kinds = ~0u;                // bit 1 << record::Kind
  std::vector<record::Code> codes{};        // one of these; a code ending in `*` is a prefix
  std::vector<record::Source> sources{};    // organisation and system, either may be empty
  bool include_hidden = false;              // entered in error
  bool backwards = false;                   // latest first
};

// `hot`: when, what, which value, who said so. `whole`: text, attributes and the source's own names too.
enum class Fields : std::uint8_t { whole, hot };

struct TimelineOptions {
  Filter filter{};
  Fields fields = Fields::whole;
  std::uint32_t page_events = 0;                      // at most so many in one page; 0: as many as the server likes
  Micros as_of = std::numeric_limits<Micros>::max();  // as it was known then
};

struct Person {
  std::vector<Identifier> identifiers;  // of all linked patients
  record::Time birth, death;
  bool dead = false;
  std::string sex;   // "" unknown
  std::string name;  // as told last; "" where no source tells one
};

// Events and what their text is borrowed from: keep the page for as long as they are used.
struct Page {
  std::vector<record::Event> events;
  std::shared_ptr<const void> holds;
};

// Events of one patient among those of many.
struct PatientEvents {
  std::uint32_t of = 0;                   // place in the list asked for; or in the order of all
  bool seen = false;                      // false: nobody is seen under this name
  record::Identifier patient;             // the first of its identifiers
  std::span<const record::Event> events;  // a patient of many events comes in several parts, one after another
};
// Called for one part after another, on the thread that asked. While it runs nothing more is sent than what is on its way: a slow
// reader slows the server. What it is given is gone when it returns. An error ends the reading, on the server too, and comes back.
using EachPatient = std::function<Result<void>(const PatientEvents&)>;

// ------------------------------------------------------------------------------------------------------------------ queries

// What is wrong at bytes [begin, end) of the text.
struct Complaint {
  std::uint32_t begin = 0, end = 0;
  std::string message, expected, suggestion;
};

enum class Executor : std::uint8_t { automatic = 0, reference = 1, vectorised = 2 };

struct QueryOptions {
  std::map<std::string, std::string> parameters{};  // NAME = V, as the text would write V
  bool clamp_month_end = false;
  std::string terminology{};           // version that codes are expanded with; "": the one loaded last
  std::optional<record::Day> today{};  // `today` where neither text nor parameters say it
  Executor executor = Executor::automatic;
  std::uint32_t seconds_max = 0;  // 0: the server's limits hold
  std::uint64_t memory_bytes_max = 0;
};

// A cell is missing, a truth, a whole number, a number, a time or text.
using Cell = std::variant<std::monostate, bool, std::int64_t, double, record::Time, std::string>;

enum class ColumnForm : std::uint8_t { truth, integer, number, time, text, any };
struct Column {
  std::string name;
  ColumnForm form = ColumnForm::any;
  std::string unit;  // of a number, where all rows have the same
};
struct Schema {
  std::string statement;  // the word it begins with: count, list, ...
  std::string text;       // as printed, one line
  std::vector<Column> columns;
};
struct Rows {
  std::size_t count = 0;
  std::vector<std::vector<Cell>> columns;  // as many as the schema has, each of `count` cells
};

// Takes what a query gives: begin of a statement, its rows, its end; then the next statement. Called on the thread that runs the
// query. A slow one slows the server; an error ends the run, on the server too, and comes back.
class ResultSink {
 public:
  virtual ~ResultSink() = default;
  virtual Result<void> begin(const Schema& schema) = 0;
  virtual Result<void> rows(Rows rows) = 0;
  virtual Result<void> end() = 0;
};

struct RunOptions {
  const std::atomic<bool>* cancel = nullptr;                                 // true: the run ends `unavailable`, soon
  std::function<void(std::uint64_t patients, std::uint64_t of)> progress{};  // some times a second, on the thread that runs
};

// ------------------------------------------------------------------------------------------------------------------ writing

// What became of a record.
struct Outcome {
  enum class What : std::uint8_t { created = 1, unchanged = 2, superseded = 3, hidden = 4, rejected = 5 };
  What what = What::rejected;
  Fault fault{};       // rejected
  std::string reason;  // rejected
};
struct Written {
  std::vector<Outcome> outcomes;  // one for each record, in order
  Position position;              // where everything is visible
  bool repeated = false;          // the batch id was known: this is its first answer, and nothing was done now
  std::uint64_t clashes = 0;      // records whose identifiers name different patients
};

// --------------------------------------------------------------------------------------------------------------------- feed

struct Change {
  std::uint32_t shard = 0;
  std::uint64_t commit = 0;
  Micros recorded = 0;
  enum class What : std::uint8_t { events, identifier, link, unlink, erased } what = What::events;
  Identifier patient;                  // the first known now; empty once erased
  std::vector<std::uint32_t> removed;  // numbers of events
  std::span<const record::Event> added;
  Identifier identifier;  // of What::identifier
  Identifier other;       // of link and unlink
};
// Who entered a cohort and who left it, by changes of their records.
struct CohortChange {
  Identifier patient;
  bool entered = false;  // else left
};
struct CohortChanges {
  std::vector<CohortChange> changes;
  Position position;  // to go on from
};
struct Changes {
  std::vector<Change> changes;
  Position position;  // to go on from
  Page page;          // what `added` is borrowed from
};

// ---------------------------------------------------------------------------------------------------------------- code lists

// What a list names: codes, and whole parts of a hierarchy.
struct ListEntry {
  std::string system, code, display;
  std::uint8_t reach = 0;  // 0 the code, 1 all that begin with it, 2 its descendants, 3 itself and its descendants
  bool excluded = false;   // taken out of what the others name
  bool carried = false;    // an event of the store carries the code; given by the server
};
struct ListOrigin {
  std::string file, hash;
  std::uint64_t rejected = 0;  // rows that could not be used
};
struct ListVersion {
  std::uint32_t number = 0;  // from 1
  Micros recorded = 0;
  bool removed = false;  // from here on there is no such list
  std::uint64_t entries = 0;
  ListOrigin origin;
};
struct CodeList {
  std::string name;
  std::vector<ListVersion> versions;  // the newest last
};
struct KeptList {
  ListVersion version;
  bool is_new = false;  // else the list said this before
};
struct TerminologyVersion {
  std::string name, pin;
  std::uint64_t concepts = 0, links = 0;
};

// ------------------------------------------------------------------------------------------------------------------- imports

struct ImportOptions {
  std::string source;      // what terminology of this import is called as a version
  bool map_codes = false;  // add the standard codes that a code maps to, by the terminology loaded before
};
struct ImportCounts {
  std::uint64_t records = 0, events = 0;
  std::uint64_t created = 0, unchanged = 0, superseded = 0, hidden = 0, rejected = 0;
  std::uint64_t equal_rows = 0;  // rows without ids that were equal to an earlier one
  std::uint64_t clashes = 0;     // records whose identifiers name different patients
  std::uint64_t concepts = 0, links = 0;
};
// A record that the store refused.
struct Refusal {
  std::string record;  // the source's id of it
  Error why;
};

// ------------------------------------------------------------------------------------------------------------------- figures

struct Figure {
  std::string name;
  std::uint64_t value = 0;
};
struct BackupReport {
  std::string name;  // of this backup within the server's folder of backups
  Position position;
  std::vector<Figure> figures;  // files, bytes, new_files, new_bytes
};
struct CheckReport {
  std::vector<Figure> figures;
  std::vector<std::string> findings;  // none: sound
  std::uint64_t findings_left_out = 0;
};

}  // namespace chartline::client
