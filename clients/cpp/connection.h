// Connection: one session with a Chartline server.
//
//   auto server = TRY(client::Connection::open({.address = "127.0.0.1:7411"}));
//   auto timeline = TRY(server->timeline("nhs|9434765919", {}));
//   for (const record::Event& event : timeline.first().events) ...
//
// Synchronous, and thread safe: any number of threads may ask at once, and share the one connection. Callbacks run on the thread
// that asked. Objects that a connection gives (timelines, queries, ingests, feeds) keep it open, and each serves one thread at a
// time.
//
// Failures are those of the server, with its words: `denied` where the policy says no, `not_found`, `busy`, ... A connection that
// breaks is `unavailable`, for this call and for all later ones: whoever wants to go on opens another. After a write that means
// that nobody knows whether it was done; the message says so. A commit with a batch id may then be tried again: what was
// done is not done twice.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "clients/cpp/types.h"

namespace chartline::client {

class Timeline;
class Query;
class Ingest;
class Feed;
class Import;
struct Parts;

struct Tls {
  std::string authorities_file{};              // certificates to trust, PEM; "": those of the system
  std::string certificate_file{}, key_file{};  // of the client, PEM, where the server asks for one
  std::string server_name{};                   // that its certificate must carry; "": the host of the address
};

struct Options {
  std::string address;                        // HOST:PORT, or unix:PATH
  std::optional<Tls> tls{};                   // beyond one's own machine servers ask for it
  std::string token{};                        // a JWT; or
  std::string user{}, password{};             // of the server's users file; or neither
  std::string role{}, purpose{}, project{};   // what the session is to be; the server's policy says whether it may
  std::string reason{}, patient{};            // to break the glass: why, and whose record, as SYSTEM|VALUE
  std::uint32_t connect_seconds = 20;         // for connecting and logging in
  const std::atomic<bool>* cancel = nullptr;  // true: calls under way end `unavailable`, and the server stops too
};

struct Prepared;

class Connection {
 public:
  // Connects and logs in.
  static Result<std::unique_ptr<Connection>> open(const Options& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const About& about() const;
  // Calls of other threads that are under way end `unavailable`.
  void close();
  // Ends the session on the server at once, and everything that was reached from it, whoever holds it.
  Result<void> log_out();

  // -- reading
  // `patient` is an identifier's value, or SYSTEM|VALUE. not_found where nobody is seen under it.
  Result<Timeline> timeline(const std::string& patient, const TimelineOptions& options);
  // Goes on where a timeline stood, by Timeline::cursor(): over another connection too, for the same user, for a minute or so;
  // then not_found.
  Result<Timeline> resume(const std::string& cursor);
  // The same of many patients, in the order given.
  Result<void> timelines(const std::vector<std::string>& patients, const TimelineOptions& options,
                         const EachPatient& each);
  // Every event that may be seen, patient by patient, whole.
  Result<void> events(const Filter& filter, const EachPatient& each);

  // -- queries
  // What is wrong with the text comes back as complaints.
  Result<Prepared> prepare(const std::string& text, const QueryOptions& options);

  Result<std::vector<std::string>> cohorts();
  Result<std::string> cohort(const std::string& name);  // its text; not_found where none is kept under the name
  Result<std::vector<Complaint>> save_cohort(const std::string& name, const std::string& text,
                                             const QueryOptions& options);
  Result<void> remove_cohort(const std::string& name);
  Result<CohortChanges> cohort_changes(const std::string& name, const Position& since);

  // -- writing
  Result<Ingest> ingest();
  // Two patients are one person from now on; unlink takes exactly that back.
  Result<void> link(const record::Identifier& a, const record::Identifier& b);
  Result<void> unlink(const record::Identifier& a, const record::Identifier& b);

  // Records of one source as one act, of any size: other than an ingest it is not one write, and is not taken back.
  Result<Import> import(const ImportOptions& options);

  // -- code lists, `@name` in a query
  Result<std::vector<CodeList>> code_lists();  // by name; removed ones too
  Result<std::vector<ListEntry>> list_entries(const std::string& name, std::uint32_t version);
  Result<KeptList> keep_list(const std::string& name, const std::vector<ListEntry>& entries, const ListOrigin& origin);
  Result<void> remove_list(const std::string& name);
  Result<std::vector<TerminologyVersion>> terminology();

  // -- names
  Result<std::vector<Identifier>> identifiers(const std::string& patient);  // of this patient alone, in the order they came
  Result<std::vector<std::string>> code_systems(const std::string& code);  // that the store knows it in; `*` for any rest

  // -- the change feed, from a position; empty: from the oldest change kept
  Result<Feed> changes(const Position& since);

  Result<Position> position();  // the last commit of each shard

  // -- figures
  Result<std::vector<Figure>> figures();
  Result<CheckReport> check(bool deep);
  Result<std::string> hash(bool history);
  Result<BackupReport> backup();  // into the server's folder of backups; unsupported where it has none
  Result<std::string> stats();    // as `chartline inspect stats` prints them

 private:
  explicit Connection(std::shared_ptr<Parts> parts);
  std::shared_ptr<Parts> parts_;
};

// One person's events at one moment, page by page, whatever is written meanwhile.
class Timeline {
 public:
  Timeline(Timeline&&) noexcept;
  Timeline& operator=(Timeline&&) noexcept;
  ~Timeline();

  const Page& first() const;          // the first page; empty after resume()
  const Person& person() const;       // not known after resume()
  bool at_end() const;                // next() has nothing more
  const std::string& cursor() const;  // where next() goes on; "" at the end
  Result<Page> next();

 private:
  friend class Connection;
  struct State;
  explicit Timeline(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A query that the server has prepared; it can be run again and again. Each run sees the store as it is when it begins.
class Query {
 public:
  Query(Query&&) noexcept;
  Query& operator=(Query&&) noexcept;
  ~Query();

  std::uint32_t statements() const;  // that give rows
  Result<void> run(const RunOptions& options, ResultSink& sink);

 private:
  friend class Connection;
  struct State;
  explicit Query(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct Prepared {
  std::vector<Complaint> complaints;  // not empty: there is no query
  std::optional<Query> query;
};

// Records on their way into the store: held by the server until they are committed, and written as one. A connection that drops
// before leaves nothing.
class Ingest {
 public:
  Ingest(Ingest&&) noexcept;
  Ingest& operator=(Ingest&&) noexcept;
  ~Ingest();

  // Returns when the records are on their way, and waits while the server is slow to take them. What goes wrong with them is told
  // by one of the next calls. `busy` where the server holds as much as it may: commit sooner.
  Result<void> add(std::span<const record::Record> records);
  // Returns when everything is on stable storage. A batch id that was committed before gives its first answer again, so that a
  // retry after a lost answer changes nothing. Afterwards the Ingest is empty and can be used again.
  Result<Written> commit(const std::string& batch_id, bool all_or_nothing = false);

 private:
  friend class Connection;
  struct State;
  explicit Ingest(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// An import under way. Importing the same again leaves the content as it is, so that one that was cut short is begun anew.
class Import {
 public:
  Import(Import&&) noexcept;
  Import& operator=(Import&&) noexcept;
  ~Import();

  // Called within add() and finish(), for each record that the store refused.
  using Refused = std::function<void(const Refusal&)>;
  void on_refused(Refused refused);
  // Waits while the server is slow to take them.
  Result<void> add(std::span<const record::Record> records);
  Result<void> add(std::span<const record::Concept> concepts, std::span<const record::ConceptLink> links);
  Result<ImportCounts> finish();  // everything is on stable storage

 private:
  friend class Connection;
  struct State;
  explicit Import(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Changes in commit order of each shard, without gaps.
class Feed {
 public:
  Feed(Feed&&) noexcept;
  Feed& operator=(Feed&&) noexcept;
  ~Feed();

  // At most about `limit` commits of each shard (0: the server's choice); none where nothing new came within `wait_ms`, and then the
  // position stays too. A commit of very many events comes in several answers: the position moves on with the last of them.
  Result<Changes> next(std::uint32_t limit = 0, std::uint32_t wait_ms = 0);

 private:
  friend class Connection;
  struct State;
  explicit Feed(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace chartline::client
