// Findings: what one statement found in some of the patients, whichever executor looked. Findings of different patients
// are merged, and turned into result rows at the end; this is where both executors meet.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "base/result.h"
#include "query/cell.h"
#include "query/program.h"
#include "query/result.h"
#include "query/share.h"

namespace chartline::query {

struct Findings {
  // count: {patients}. tally: {events}. flow: one for each step, {patients left after it}, under the empty key.
  // measure: key = {interval number, group...}, {numerator, denominator}.
  using Counts = std::vector<std::int64_t>;
  std::map<Key, Counts, KeyOrder> counts;

  // list, events: rows in the order of the statement's columns, patients in the order of their references.
  std::vector<std::vector<Cell>> rows;

  // incidence, survival: one for each index row followed up; merging joins equal ones.
  struct FollowUp {
    Key group;
    std::int32_t days = 0;  // from the day after the index to the event or censoring; 0: not followed at all
    bool happened = false;
    bool repeated = false;  // another row of the same person is in the group already
    std::int64_t rows = 1;
  };
  std::vector<FollowUp> follow_ups;

  // Under disclosure control, in the place of counts and follow-ups where a person may bring more than one (query/shares.h).
  // count: {persons}. tally: {events}. incidence: {persons, events, days}.
  static constexpr std::size_t shared_figures = 3;
  using Shares = std::array<Share, shared_figures>;
  std::map<Key, Shares, KeyOrder> shares;
  // Of one person: what they bring to each group. The 7 who are in most groups stand apart from the shares, until it is known in
  // how many anybody else is.
  using Brought = std::map<Key, std::array<std::int64_t, shared_figures>, KeyOrder>;
  std::vector<Brought> foremost;
  std::size_t groups_most = 0;  // that one of the others is in

  void add_person(Brought&& one);
  void count_foremost();  // at the end: each in no more groups than the others

  void add(Key key, std::size_t figure, std::int64_t n, std::size_t figures);
  void merge(Findings&& later);  // of patients that come after
  std::size_t bytes() const;     // memory held, about; not of the foremost, since that would be up to one person

 private:
  void share(const Brought& one, std::size_t groups);
  void join_equal();
  std::size_t joined_ = 0;  // follow-ups left when equal ones were joined last
};

const typed::Node& without_as_of(const typed::Node& statement);  // what is asked of an instant, if it is
bool gives_rows(const typed::Node& statement);                   // list, events: Findings::rows

// The columns of a statement's result; of `rows` as they stand in Findings::rows. Of `as of` those of the statement in it.
Schema schema_of(const typed::Node& statement, const Program& program);

// Gives rows to a sink in batches, each cell in the form of its column. flush() before the sink's end().
class RowStream {
 public:
  RowStream(const Schema& schema, ResultSink& sink);
  Result<void> row(std::vector<Cell> cells);
  Result<void> flush();

 private:
  std::vector<ColumnForm> forms_;
  ResultSink& sink_;
  std::size_t batch_rows_;  // grows: the first rows go out at once
  Batch batch_;
};

// The whole result of a statement: counts and follow-ups to result rows, rows as they were found.
Result<void> finish(const typed::Node& statement, const Schema& schema, const Program& program,
                    const Findings& findings, ResultSink& sink);

}  // namespace chartline::query
