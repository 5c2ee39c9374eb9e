# What travels between Chartline's server and its clients.
#
# Capabilities carry the rights. The bootstrap object, Door, can do one thing: let someone in. What it gives is a Session
# that is already narrowed by identity, role, purpose and scope, and every object reached from it is narrowed further: there
# is nothing to check twice, and no ambient right. A session expires, can be revoked, and everything reached from it dies
# with it.
#
# Compatibility: ids are pinned and fields are only ever added. tests/wire holds messages recorded from earlier versions,
# which must still be read. Streams (`-> stream`) have flow control: a receiver that is slow slows its sender, nobody else.
#
# Failures travel as exceptions whose text is "chartline: FAULT: MESSAGE" (FAULT as base/result.h names it): never a
# patient's identifier, a clinical value, or the text of a library.
@0xb1f0c3a7d5e94c21;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("chartline::wire");

# ---------------------------------------------------------------------------------------------------------------- plain data

# When something happened: wall-clock microseconds where it happened since 1970-01-01, the offset from UTC there, and the
# precision (record::Precision: 0 none, 1 year, 2 month, 3 day, 4 second, 5 finer).
struct Time @0xd07b3f5d2c9a1e01 {
  local @0 :Int64;
  offsetMinutes @1 :Int16;
  precision @2 :UInt8;
}

struct Code @0xd07b3f5d2c9a1e02 {
  system @0 :Text;
  code @1 :Text;
  display @2 :Text;
}

struct Identifier @0xd07b3f5d2c9a1e03 {
  system @0 :Text;
  value @1 :Text;
}

struct Source @0xd07b3f5d2c9a1e04 {
  organisation @0 :Text;
  system @1 :Text;
}

# Texts, one behind the other: the i-th ends before byte `ends[i]`.
struct Texts @0xd07b3f5d2c9a1e0b {
  bytes @0 :Data;
  ends @1 :List(UInt32);
}

# Events, as columns. A column is as long as there are events; or holds one value, which is that of all; or is empty, and
# all are 0. Codes, units, sources and texts are numbers into the lists of this batch, from 1; 0 is none. Enumerations are
# numbers of formats/record/kind.h.
struct Events @0xd07b3f5d2c9a1e05 {
  count @0 :UInt32;
  codes @1 :Codes;
  units @2 :List(Text);
  sources @3 :List(Source);
  texts @4 :Texts;                    # of values of form text

  number @5 :List(UInt32);            # of the event among its patient's; 0 on the way in
  kind @6 :List(UInt8);
  code @7 :List(UInt32);
  startLocal @8 :List(Int64);         # Time, in three columns
  startOffset @9 :List(Int16);
  startPrecision @10 :List(UInt8);
  endForm @11 :List(UInt8);           # record::End::Form; the next three where it is `at`
  endLocal @12 :List(Int64);
  endOffset @13 :List(Int16);
  endPrecision @14 :List(UInt8);
  valueForm @15 :List(UInt8);         # record::Value::Form + 16 x record::Comparator
  value @16 :List(Int64);             # number: mantissa; boolean: 0, 1; code, text: number into codes, texts
  valueScale @17 :List(Int8);         # number: record::Decimal::scale
  unit @18 :List(UInt32);
  source @19 :List(UInt32);
  status @20 :List(UInt8);
  certainty @21 :List(UInt8);
  author @22 :List(UInt8);

  details @23 :List(Details);         # one for each event, or none where they were not asked for
}

# Codes by number, as columns: as many as there are `texts`.
struct Codes @0xd07b3f5d2c9a1e0c {
  systems @0 :List(Text);
  system @1 :List(UInt16);            # place in `systems`, from 0
  texts @2 :Texts;                    # the codes themselves
  displays @3 :Texts;                 # empty, or one for each; not among hot columns
}

# What few readers ask for.
struct Details @0xd07b3f5d2c9a1e06 {
  translations @0 :List(UInt32);      # numbers into codes
  sourcePerson @1 :Text;
  record @2 :Text;
  version @3 :Text;
  part @4 :UInt32;
  ordinal @5 :UInt32;
  sequence @6 :UInt64;
  encounter @7 :Text;
  attributes @8 :List(Attribute);
  recorded @9 :Int64;                 # microseconds UTC; given by the store
  hasOriginal @10 :Bool;
}

struct Attribute @0xd07b3f5d2c9a1e07 {
  name @0 :Text;
  form @1 :UInt8;                     # record::Value::Form + 16 x record::Comparator
  number @2 :Int64;                   # mantissa; boolean: 0, 1; code: number into codes
  scale @3 :Int8;
  unit @4 :UInt32;                    # number into units
  text @5 :Text;
  date @6 :Time;
}

# Which events of a timeline; all that is given holds together. Dates are days since 1970-01-01, inclusive.
struct Filter @0xd07b3f5d2c9a1e08 {
  from :union { none @0 :Void; day @1 :Int32; }
  to :union { none @2 :Void; day @3 :Int32; }
  kinds @4 :UInt32 = 0xffffffff;      # bit 1 << Kind
  codes @5 :List(Code);               # one of these; a code ending in * is a prefix; a system may be left empty
  sources @6 :List(Source);
  includeHidden @7 :Bool;             # entered in error
  backwards @8 :Bool;                 # latest first
}

# Which columns of Events are wanted: whole events, what questions need, or time, code and value alone.
enum Fields @0xd07b3f5d2c9a1e09 {
  whole @0;
  hot @1;
}

struct Person @0xd07b3f5d2c9a1e0a {
  identifiers @0 :List(Identifier);
  birth @1 :Time;
  death @2 :Time;
  dead @3 :Bool;
  sex @4 :Text;
  name @5 :Text;                      # as told last
}

# ------------------------------------------------------------------------------------------------------------------ coming in

interface Door @0xd07b3f5d2c9a1e10 {
  # `denied` for whatever is not let in; the reason is in the server's log and in the audit.
  login @0 (credential :Credential, request :AccessRequest) -> (session :Session, about :SessionAbout);
}

struct Credential @0xd07b3f5d2c9a1e11 {
  union {
    none @0 :Void;                    # whom the connection itself proves (a client certificate), or nobody
    token @1 :Text;                   # a JWT
    password :group {
      user @2 :Text;
      password @3 :Text;
    }
  }
}

# What the session is to be; the policy says whether it may.
struct AccessRequest @0xd07b3f5d2c9a1e12 {
  role @0 :Text;                      # "": the one that the policy gives this user, if it is only one
  purpose @1 :Text;
  project @2 :Text;
  reason @3 :Text;                    # break-glass: not empty; raises an alert
  patient @4 :Text;                   # break-glass: SYSTEM|VALUE of the one record that it opens
}

struct SessionAbout @0xd07b3f5d2c9a1e13 {
  user @0 :Text;
  role @1 :Text;
  purpose @2 :Text;
  project @3 :Text;
  expires @4 :Int64;                  # microseconds UTC
  zone @5 :Text;                      # of the store's local times
  shards @6 :UInt32;
  version @7 :Text;                   # of the server
  breakGlass @8 :Bool;
}

interface Session @0xd07b3f5d2c9a1e14 {
  about @0 () -> (about :SessionAbout);

  # One person's events in the order of time: the first page, and where there are more a Timeline that goes on from there.
  # A cursor finds the same place again for this user, over another connection too, until it has expired (`not_found`).
  # `patient` is an identifier's value, or SYSTEM|VALUE. `not_found` where nobody is seen under it.
  timeline @1 (patient :Text, filter :Filter, fields :Fields, limit :UInt32, asOf :Int64 = 0x7fffffffffffffff,
               wantPerson :Bool) -> (events :Events, person :Person, more :Timeline, cursor :Text);

  # The same of many, in the order given, streamed to the sink.
  timelines @2 (patients :List(Text), filter :Filter, fields :Fields, asOf :Int64 = 0x7fffffffffffffff, sink :EventSink) -> ();

  # Every event that the session may see, patient by patient.
  events @3 (filter :Filter, sink :EventSink) -> ();

  # Rows of a query. What is wrong with its text comes back as complaints, and then there is no run.
  prepare @4 (text :Text, options :QueryOptions) -> (complaints :List(Complaint), query :Query);

  ingest @5 () -> (ingest :Ingest);

  # Two patients are one person, or are not any more.
  link @6 (a :Identifier, b :Identifier, together :Bool) -> ();

  # The change feed, from a position (a commit for each shard; empty: from the oldest kept).
  feed @7 (since :List(UInt64)) -> (feed :Feed);

  # Cohorts kept in the store.
  cohorts @8 () -> (names :List(Text));
  cohort @9 (name :Text) -> (cohort :Cohort);
  saveCohort @10 (name :Text, text :Text, options :QueryOptions) -> (complaints :List(Complaint));

  # Health and counts, for operators.
  stats @11 () -> (text :Text);        # as `chartline inspect stats` prints them
  hash @12 (history :Bool) -> (hash :Text);

  # Ends the session now, and everything that was reached from it.
  logout @13 () -> ();

  # The audit log of one shard from the entry `first` on, and what stands for all of it now: "STORE:SHARD:SIZE:ROOT" for each
  # shard. For auditors.
  auditEntries @14 (shard :UInt32, first :UInt64, limit :UInt32) -> (entries :List(AuditLine), heads :List(Text));
  # Who saw or wrote one person's record, in the order of time. For auditors, and for patients about their own.
  auditReport @15 (patient :Text) -> (entries :List(AuditLine));

  resumeTimeline @16 (cursor :Text) -> (timeline :Timeline);

  # What commands ask besides. The last commit of each shard; the identifiers of one patient alone, in the order in which they
  # came; the systems of which the store knows a code (one that ends in * is a prefix); figures by name, as `stats` tells them.
  position @17 () -> (position :List(UInt64));
  identifiers @18 (patient :Text) -> (identifiers :List(Identifier));
  codeSystems @19 (code :Text) -> (systems :List(Text));
  figures @20 () -> (figures :List(Figure));
  check @21 (deep :Bool) -> (report :CheckReport);

  codeLists @22 () -> (lists :CodeLists);

  # Records of one source as one act, in the order of the source; see Import.
  import @23 (options :ImportOptions, refusals :RefusalSink) -> (import :Import);

  # Of the store while it is served, into the folder of backups that the server was started with. For operators.
  backup @24 () -> (report :BackupReport);
}

# One entry of the audit log. Whom it concerns stays in the store: here is how many.
struct AuditLine @0xd07b3f5d2c9a1e15 {
  shard @0 :UInt32;
  number @1 :UInt64;
  at @2 :Int64;                       # microseconds UTC
  act @3 :Text;                       # words as `chartline audit show` prints them
  outcome @4 :Text;
  fault @5 :Text;
  who @6 :Text;
  role @7 :Text;
  organisation @8 :Text;
  purpose @9 :Text;
  project @10 :Text;
  session @11 :Text;
  patients @12 :UInt32;
  everyone @13 :Bool;
  rows @14 :UInt64;
  breakGlass @15 :Bool;
}

# ----------------------------------------------------------------------------------------------------------------- timelines

# A timeline of one moment, whatever is written meanwhile.
interface Timeline @0xd07b3f5d2c9a1e18 {
  # The next page; no cursor where it is the last.
  next @0 (limit :UInt32) -> (events :Events, cursor :Text);
}

interface EventSink @0xd07b3f5d2c9a1e19 {
  # Events of several patients, one after another: `counts` says how many are each one's. A patient may go on in the next page:
  # `of` are then the same.
  page @0 (patients :List(PatientPart), events :Events) -> stream;
}

struct PatientPart @0xd07b3f5d2c9a1e1a {
  of @0 :UInt32;                      # place in the list asked for, or among all
  count @1 :UInt32;                   # events of this page
  identifier @2 :Identifier;          # the first of the patient's
  seen @3 :Bool;                      # false: no such patient is seen
}

# ------------------------------------------------------------------------------------------------------------------- queries

struct QueryOptions @0xd07b3f5d2c9a1e20 {
  parameters @0 :List(Parameter);
  clampMonthEnd @1 :Bool;
  terminology @2 :Text;
  today :union { none @3 :Void; day @4 :Int32; }
  executor @5 :UInt8;                 # query::Executor
  secondsMax @6 :UInt32;              # 0: the server's limit
  memoryBytesMax @7 :UInt64;          # 0: the server's limit
}
struct Parameter @0xd07b3f5d2c9a1e21 {
  name @0 :Text;
  value @1 :Text;
}

# What is wrong at bytes [begin, end) of the text.
struct Complaint @0xd07b3f5d2c9a1e22 {
  begin @0 :UInt32;
  end @1 :UInt32;
  message @2 :Text;
  expected @3 :Text;
  suggestion @4 :Text;
}

interface Query @0xd07b3f5d2c9a1e23 {
  # How many of its statements give rows.
  about @0 () -> (statements :UInt32);
  # Begins; rows go to the sink. Each run sees the store as it is when it begins.
  run @1 (sink :ResultSink) -> (run :Run);
}

interface Run @0xd07b3f5d2c9a1e24 {
  done @0 () -> ();                   # when the sink has everything; the run's failure otherwise
  cancel @1 () -> ();                 # dropping the Run does it too
  progress @2 () -> (patients :UInt64, of :UInt64);
}

interface ResultSink @0xd07b3f5d2c9a1e25 {
  begin @0 (schema :Schema) -> stream;
  rows @1 (batch :Rows) -> stream;
  end @2 () -> stream;                # of a statement
}

struct Schema @0xd07b3f5d2c9a1e26 {
  statement @0 :Text;
  text @1 :Text;
  columns @2 :List(Column);
}
struct Column @0xd07b3f5d2c9a1e27 {
  name @0 :Text;
  form @1 :UInt8;                     # query::ColumnForm
  unit @2 :Text;
}

# Rows, as columns of cells.
struct Rows @0xd07b3f5d2c9a1e28 {
  count @0 :UInt32;
  columns @1 :List(Cells);
}

# `forms` says what each cell is: 0 missing, 1 truth, 2 integer, 3 number, 4 time, 5 text; one value: all are that. The other
# lists hold the cells of their own form, in order.
struct Cells @0xd07b3f5d2c9a1e29 {
  forms @0 :List(UInt8);
  integers @1 :List(Int64);           # truths and integers
  numbers @2 :List(Float64);
  times @3 :List(Time);
  texts @4 :List(Text);
}

interface Cohort @0xd07b3f5d2c9a1e2a {
  text @0 () -> (text :Text);
  remove @1 () -> ();
  # Who entered it and who left it since a position of the feed (a commit for each shard), by changes of their records; and where to
  # go on from. `denied` to who may see figures alone.
  changes @2 (since :List(UInt64)) -> (changes :List(CohortChange), position :List(UInt64));
}

struct CohortChange @0xd07b3f5d2c9a1e2b {
  patient @0 :Identifier;             # the first of the patient's
  entered @1 :Bool;                   # else left
}

# ------------------------------------------------------------------------------------------------------------------- writing

# Batches are held until commit, within the server's limit, and written as one: a connection that drops leaves nothing.
interface Ingest @0xd07b3f5d2c9a1e30 {
  add @0 (batch :Records) -> stream;
  # Returns after everything is on stable storage. A batch id that was committed before returns its first answer, so that a
  # retry after a lost answer changes nothing. The last batch may come along, which saves a call where there is only one. The
  # Ingest is empty afterwards, whatever came of it, and can be used again.
  commit @1 (batchId :Text, allOrNothing :Bool, last :Records) -> (written :Written);
}

# A record that holds text which is not UTF-8 is rejected, by the name of the field.
struct Records @0xd07b3f5d2c9a1e31 {
  records @0 :List(Record);
  events @1 :Events;                  # of all records, one after another; with details
}
struct Record @0xd07b3f5d2c9a1e32 {
  identifiers @0 :List(Identifier);
  events @1 :UInt32;                  # how many of the batch's events
  original @2 :Data;
  demand @3 :UInt8;                   # record::Record::Demand
  demandedVersion @4 :Text;
}

struct Written @0xd07b3f5d2c9a1e33 {
  outcomes @0 :List(Outcome);         # one for each record, in order
  position @1 :List(UInt64);          # commit for each shard at which everything is visible
  repeated @2 :Bool;
  clashes @3 :UInt64;
}
struct Outcome @0xd07b3f5d2c9a1e34 {
  what @0 :UInt8;                     # engine::Outcome::What: created 1, unchanged 2, superseded 3, hidden 4, rejected 5
  fault @1 :UInt8;                    # rejected: Fault
  reason @2 :Text;
}

# ----------------------------------------------------------------------------------------------------------------------- feed

# Changes in commit order of each shard, without gaps.
interface Feed @0xd07b3f5d2c9a1e38 {
  # At most about `limit` commits of each shard; none, after `waitMs`, where nothing new came.
  next @0 (limit :UInt32, waitMs :UInt32) -> (changes :List(Change), events :Events, position :List(UInt64));
}

struct Change @0xd07b3f5d2c9a1e39 {
  shard @0 :UInt32;
  commit @1 :UInt64;
  recorded @2 :Int64;
  what @3 :UInt8;                     # engine::FeedEntry::What: events 0, identifier 1, link 2, unlink 3, erased 4
  patient @4 :Identifier;             # the first known now; empty once erased
  removed @5 :List(UInt32);           # numbers
  added @6 :UInt32;                   # how many of the answer's events
  identifier @7 :Identifier;
  other @8 :Identifier;
}

# ------------------------------------------------------------------------------------------------------------------- imports

struct ImportOptions @0xd07b3f5d2c9a1e40 {
  source @0 :Text;                    # what terminology of this import is called as a version
  mapCodes @1 :Bool;                  # adds the standard codes that a code maps to, by the terminology loaded before
}

# Other than Ingest, an import is of any size and not one write: what came in stays, and to import the same again leaves it as it is.
# Rows without a record id are told apart: equal ones get their ordinals.
interface Import @0xd07b3f5d2c9a1e41 {
  add @0 (batch :Records) -> stream;
  terms @1 (concepts :List(Concept), links :List(ConceptLink)) -> stream;
  finish @2 () -> (counts :ImportCounts);  # everything is on stable storage
}

# Records that the store refuses, soon after they were added.
interface RefusalSink @0xd07b3f5d2c9a1e42 {
  refused @0 (refusals :List(Refusal)) -> ();
}
struct Refusal @0xd07b3f5d2c9a1e43 {
  record @0 :Text;                    # the source's id of the record
  fault @1 :UInt8;
  reason @2 :Text;
}

struct ImportCounts @0xd07b3f5d2c9a1e44 {
  records @0 :UInt64;
  events @1 :UInt64;
  created @2 :UInt64;
  unchanged @3 :UInt64;
  superseded @4 :UInt64;
  hidden @5 :UInt64;
  rejected @6 :UInt64;
  equalRows @7 :UInt64;
  clashes @8 :UInt64;
  concepts @9 :UInt64;
  links @10 :UInt64;
}

struct Concept @0xd07b3f5d2c9a1e45 {
  code @0 :Code;
  omopId @1 :Text;
  domain @2 :Text;
  standard @3 :Bool;
  validFrom @4 :Text;
  validTo @5 :Text;
}
struct ConceptLink @0xd07b3f5d2c9a1e46 {
  relation @0 :UInt8;                 # record::Relation
  from @1 :Code;
  to @2 :Code;
  distance @3 :UInt32;
}

# ----------------------------------------------------------------------------------------------------------------- code lists

# Named sets of codes, `@name` in a query. Versions are never changed or lost.
interface CodeLists @0xd07b3f5d2c9a1e48 {
  all @0 () -> (lists :List(CodeList));    # by name; removed ones too
  entries @1 (name :Text, version :UInt32) -> (entries :List(ListEntry));
  # A new version, or the present one where it says the same.
  keep @2 (name :Text, entries :List(ListEntry), origin :ListOrigin) -> (version :ListVersion, isNew :Bool);
  remove @3 (name :Text) -> ();
  terminology @4 () -> (versions :List(TerminologyVersion));
}

struct CodeList @0xd07b3f5d2c9a1e49 {
  name @0 :Text;
  versions @1 :List(ListVersion);     # the newest last
}
struct ListVersion @0xd07b3f5d2c9a1e4a {
  number @0 :UInt32;
  recorded @1 :Int64;
  removed @2 :Bool;
  entries @3 :UInt64;
  origin @4 :ListOrigin;
}
struct ListOrigin @0xd07b3f5d2c9a1e4b {
  file @0 :Text;
  hash @1 :Text;
  rejected @2 :UInt64;
}
struct ListEntry @0xd07b3f5d2c9a1e4c {
  code @0 :Code;                      # its display is what the list calls it
  reach @1 :UInt8;                    # query::Reach
  excluded @2 :Bool;
  carried @3 :Bool;                   # an event of the store carries this code; given by the store
}
struct TerminologyVersion @0xd07b3f5d2c9a1e4d {
  name @0 :Text;
  pin @1 :Text;
  concepts @2 :UInt64;
  links @3 :UInt64;
}

# -------------------------------------------------------------------------------------------------------------------- figures

struct Figure @0xd07b3f5d2c9a1e50 {
  name @0 :Text;
  value @1 :UInt64;
}

struct BackupReport @0xd07b3f5d2c9a1e52 {
  name @0 :Text;                      # of this backup within the folder
  position @1 :List(UInt64);          # one commit for each shard
  figures @2 :List(Figure);           # files, bytes, new_files, new_bytes
}

struct CheckReport @0xd07b3f5d2c9a1e51 {
  figures @0 :List(Figure);
  findings @1 :List(Text);            # naming table, shard and run, never a patient; none: sound
  findingsLeftOut @2 :UInt64;
}
