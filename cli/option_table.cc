#include "cli/option_table.h"

#include "engine/audit/audit.h"
#include "engine/trust/words.h"
#include "formats/record/kind.h"

namespace chartline::cli::option {
namespace {

const std::vector<std::string_view> output_forms = {"table", "csv", "json", "ndjson", "markdown"};
const std::vector<std::string_view> answer_forms = {"table", "csv", "json", "ndjson", "markdown", "arrow"};

std::vector<std::string_view> kind_words() {
  std::vector<std::string_view> words;
  for (int k = 0; k < record::kind_count; ++k) words.push_back(record::name(static_cast<record::Kind>(k)));
  return words;
}

std::vector<std::string_view> act_words() {
  std::vector<std::string_view> words;
  for (int a = 1; a <= engine::act_count; ++a) words.push_back(engine::name(static_cast<engine::Act>(a)));
  return words;
}

std::vector<std::string_view> role_words() {
  std::vector<std::string_view> words;
  for (int r = 0; r < engine::role_count; ++r) words.push_back(name(static_cast<engine::Role>(r)));
  return words;
}

}  // namespace

// -- options of the whole program
const Option config{.name = "config", .takes = Takes::file, .value = "FILE", .help = "read settings from this file"};
const Option color{.name = "color",
                   .takes = Takes::word,
                   .value = "WHEN",
                   .help = "colour",
                   .setting = "color",
                   .fallback = "auto",
                   .words = {"auto", "always", "never"}};
const Option quiet{.name = "quiet",
                   .takes = Takes::nothing,
                   .help = "say nothing on standard error but failures",
                   .setting = "quiet",
                   .fallback = "false"};

// -- options of several commands
const Option store{
    .name = "store", .takes = Takes::folder, .value = "DIR", .help = "the folder of the store", .setting = "store"};
const Option server{.name = "server",
                    .value = "HOST:PORT",
                    .help = "a server in the place of a folder; unix:PATH for a socket of this machine",
                    .setting = "server"};
const Option token{.name = "token",
                   .takes = Takes::file,
                   .value = "FILE",
                   .help = "show the server the token in this file",
                   .setting = "token"};
const Option user{.name = "user",
                  .value = "NAME",
                  .help = "log in by this name; the password is CHARTLINE_PASSWORD, or asked for",
                  .setting = "user"};
const Option role{.name = "role", .value = "ROLE", .help = "in which role, where one has several", .setting = "role"};
const Option purpose{.name = "purpose", .value = "PURPOSE", .help = "what for, as in direct_care", .setting = "purpose"};
const Option project{.name = "project", .value = "PROJECT", .help = "within which project", .setting = "project"};
const Option role_policy{.name = "policy",
                         .takes = Takes::file,
                         .value = "FILE",
                         .help = "see what this policy shows the --role, of a folder"};
const Option reason{.name = "reason",
                    .value = "TEXT",
                    .help = "break the glass, for this reason: it is told to those who look after it"};
const Option tls{.name = "tls",
                 .takes = Takes::word,
                 .value = "WHEN",
                 .help = "speak TLS; auto: with every server but those of this machine",
                 .setting = "tls",
                 .fallback = "auto",
                 .words = {"auto", "always", "never"}};
const Option authorities{.name = "authorities",
                         .takes = Takes::file,
                         .value = "FILE",
                         .help = "trust servers by these certificates, not by those of the system",
                         .setting = "authorities"};
const Option certificate{.name = "certificate",
                         .takes = Takes::file,
                         .value = "FILE",
                         .help = "one's own certificate",
                         .setting = "certificate"};
const Option key{.name = "key", .takes = Takes::file, .value = "FILE", .help = "the key to it", .setting = "key"};
const Option cache{.name = "cache",
                   .takes = Takes::bytes,
                   .value = "SIZE",
                   .help = "memory for what is read again",
                   .setting = "cache",
                   .fallback = "384M",
                   .least = 1 << 20};
const Option format{.name = "format",
                    .takes = Takes::word,
                    .value = "FORM",
                    .help = "form of the output",
                    .setting = "format",
                    .words = output_forms};
const Option answer_format{.name = "format",
                           .takes = Takes::word,
                           .value = "FORM",
                           .help = "form of the output",
                           .setting = "format",
                           .words = answer_forms};
const Option from{
    .name = "from", .value = "DATE", .help = "events that start on this day or later: 2019, 2019-03 or 2019-03-31"};
const Option to{.name = "to", .value = "DATE", .help = "events that start on this day or earlier"};
const Option kind{.name = "kind",
                  .takes = Takes::word,
                  .value = "KIND",
                  .help = "events of this kind",
                  .words = kind_words(),
                  .repeated = true};
const Option code{
    .name = "code",
    .value = "CODE",
    .help = "events with this code: loinc:4548-4, or 4548-4 of any system; a * at the end stands for any rest",
    .repeated = true};
const Option source_filter{
    .name = "source", .value = "NAME", .help = "events that this organisation told", .repeated = true};
const Option hidden{.name = "hidden", .takes = Takes::nothing, .help = "show what was entered in error too"};

// -- options of one command
const Option shards{.name = "shards",
                    .takes = Takes::number,
                    .value = "N",
                    .help = "number of shards, for ever",
                    .setting = "shards",
                    .fallback = "1",
                    .least = 1,
                    .most = 4096};
const Option zone{.name = "zone",
                  .value = "ZONE",
                  .help = "time zone of local times that come without an offset",
                  .setting = "zone",
                  .fallback = "UTC"};
const Option import_format{.name = "format",
                           .takes = Takes::word,
                           .value = "FORMAT",
                           .help = "format of the input; recognised where left out",
                           .words = {"fhir", "omop", "synthea", "meds", "events", "terminology"}};
const Option output{.name = "output",
                    .takes = Takes::word,
                    .value = "FORM",
                    .help = "form of the counts",
                    .setting = "format",
                    .words = output_forms};
const Option source{.name = "source",
                    .value = "NAME",
                    .help = "the organisation that says so; the format's name where left out",
                    .setting = "source"};
const Option strict{.name = "strict", .takes = Takes::nothing, .help = "stop at the first row that cannot be used"};
const Option report{.name = "report",
                    .takes = Takes::file,
                    .value = "FILE",
                    .help = "write every rejected and repaired row to this file, one JSON object a line"};
const Option threads{.name = "threads",
                     .takes = Takes::number,
                     .value = "N",
                     .help = "threads for reading and sorting",
                     .setting = "threads",
                     .fallback = "2",
                     .least = 1,
                     .most = 1024};
const Option memory{.name = "memory",
                    .takes = Takes::bytes,
                    .value = "SIZE",
                    .help = "memory for sorting",
                    .setting = "memory",
                    .fallback = "1G",
                    .least = 16 << 20};
const Option originals{.name = "originals",
                       .takes = Takes::nothing,
                       .help = "keep each row as received too; resources of FHIR are kept anyway"};
const Option no_originals{.name = "no-originals", .takes = Takes::nothing, .help = "do not keep the bytes as received"};
const Option as_of{.name = "as-of", .value = "TIME", .help = "as it was known at this time; a day means its end"};
const Option last{.name = "last", .takes = Takes::number, .value = "N", .help = "the latest N events only", .least = 1};
const Option deep{.name = "deep", .takes = Takes::nothing, .help = "rebuild every index in memory and compare"};
const Option history{.name = "history", .takes = Takes::nothing, .help = "of every version, not only the current ones"};
const Option verify{.name = "verify",
                    .takes = Takes::nothing,
                    .help = "check the restored store deeply and compare its hash with the backup's"};
const Option backup_name{
    .name = "name", .value = "NAME", .help = "which backup of the folder; the newest where left out"};
const Option list{.name = "list", .takes = Takes::nothing, .help = "list the backups in the folder and restore none"};
const Option pace{.name = "pace", .takes = Takes::bytes, .value = "SIZE", .help = "read at most so many bytes a second"};
const Option shard{
    .name = "shard", .takes = Takes::number, .value = "N", .help = "of this shard", .fallback = "0", .most = 4095};
const Option origin{.name = "origin", .takes = Takes::nothing, .help = "say where each value comes from"};
const Option since{.name = "since",
                   .value = "POSITION",
                   .help = "changes after this position: a commit number for each shard, joined by commas"};
const Option audit{
    .name = "audit",
    .takes = Takes::word,
    .value = "WHAT",
    .help =
        "what the program leaves of itself in the store's audit log: off; writes; or reads of identified "
        "rows too, on (before they are shown) or deferred (soon after)",
    .setting = "audit",
    .fallback = "writes",
    .words = {"off", "writes", "deferred", "on"}};
const Option head{.name = "head",
                  .value = "HEAD",
                  .help = "a head that was kept, as audit head prints it, or the file that holds some",
                  .repeated = true};
const Option since_head{
    .name = "since-head", .value = "HEAD", .help = "prove that the log has only grown since this head"};
const Option acts_from{
    .name = "from", .value = "DATE", .help = "acts of this day or later: 2019, 2019-03 or 2019-03-31"};
const Option acts_to{.name = "to", .value = "DATE", .help = "acts of this day or earlier"};
const Option who{.name = "who", .value = "NAME", .help = "acts of this user"};
const Option act{.name = "act", .takes = Takes::word, .value = "ACT", .help = "acts of this kind", .words = act_words()};
const Option outcome{.name = "outcome",
                     .takes = Takes::word,
                     .value = "OUTCOME",
                     .help = "acts that ended so",
                     .words = {"done", "denied", "failed", "begun"}};
const Option break_glass{
    .name = "break-glass", .takes = Takes::nothing, .help = "acts for which the glass was broken only"};
const Option of_patient{.name = "patient", .value = "PATIENT", .help = "acts on this person's record"};
const Option yes{.name = "yes", .takes = Takes::nothing, .help = "do it: this cannot be taken back"};
const Option text{.name = "text",
                  .value = "TEXT",
                  .help = "the query; standard input is read where it is neither here nor in a file",
                  .letter = 'e'};
const Option file{
    .name = "file", .takes = Takes::file, .value = "FILE", .help = "a file that holds the query", .letter = 'f'};
const Option parameter{.name = "param",
                       .value = "NAME=V",
                       .help = "the value of a param, as the query would write it: today=2024-03-31",
                       .repeated = true};
const Option query_threads{.name = "threads",
                           .takes = Takes::number,
                           .value = "N",
                           .help = "threads; one for each core where left out",
                           .least = 1,
                           .most = 1024};
const Option time_limit{.name = "time-limit",
                        .takes = Takes::number,
                        .value = "S",
                        .help = "give up after so many seconds",
                        .least = 1,
                        .most = 1'000'000'000};
const Option memory_limit{.name = "memory-limit",
                          .takes = Takes::bytes,
                          .value = "SIZE",
                          .help = "give up where the answer takes more memory",
                          .least = 1 << 20};
const Option executor{.name = "executor",
                      .takes = Takes::word,
                      .value = "WHICH",
                      .help = "how it is run; the answers are the same",
                      .fallback = "auto",
                      .words = {"auto", "reference", "vectorised"}};
const Option clamp{.name = "clamp",
                   .takes = Takes::nothing,
                   .help = "a month's end: 2024-01-31 + 1mo is 2024-02-29, where otherwise it is 2024-03-01"};
const Option as_circe{.name = "as-circe",
                      .takes = Takes::nothing,
                      .help = "ages by the year alone, as OHDSI's SQL has them; otherwise by birthdays"};
const Option terminology{.name = "terminology",
                         .value = "VERSION",
                         .help = "the version that codes are expanded with; the one loaded last where left out"};
const Option history_lines{
    .name = "history",
    .takes = Takes::file,
    .value = "FILE",
    .help = "keep the lines typed in this file; ~/.local/state/chartline/history where left out"};
const Option listen{.name = "listen",
                    .value = "HOST:PORT",
                    .help = "where clients reach the server; unix:PATH for a socket of this machine",
                    .setting = "listen",
                    .fallback = "127.0.0.1:7411"};
const Option open_door{.name = "open",
                       .takes = Takes::nothing,
                       .help = "let in everyone on this machine, as operator of everything; never beyond it"};
const Option timer{.name = "timer", .takes = Takes::nothing, .help = "say how long it took"};
const Option keep{.name = "keep",
                  .takes = Takes::folder,
                  .value = "DIR",
                  .help = "keep the demonstration's stores in this new folder"};

const Option list_name{.name = "name", .value = "NAME", .help = "name of the list; the file's where left out"};
const Option code_system{.name = "system",
                         .value = "SYSTEM",
                         .help = "of the codes: a short name such as icd10, or a URI; found out where left out"};
const Option code_column{
    .name = "column", .value = "NAME", .help = "the column with the codes; found out where left out"};
const Option list_report{.name = "report",
                         .takes = Takes::file,
                         .value = "FILE",
                         .help = "write every row that was rejected or doubted to this file"};

const Option map{.name = "map",
                 .takes = Takes::nothing,
                 .help = "add the standard codes that a code maps to, by the terminology loaded before"};

// -- users and tokens
const Option roles{.name = "role",
                   .takes = Takes::word,
                   .value = "ROLE",
                   .help = "a role that the user may ask to be",
                   .words = role_words(),
                   .repeated = true};
const Option organisation{.name = "organisation", .value = "NAME", .help = "the user's organisation"};
const Option teams{.name = "team", .value = "NAME", .help = "a team of the user", .repeated = true};
const Option own_patient{.name = "patient", .value = "SYSTEM|VALUE", .help = "who the user is, for the role patient"};
const Option no_password{
    .name = "no-password", .takes = Takes::nothing, .help = "no password: the user gets in by tokens alone"};
const Option lifetime{.name = "lifetime",
                      .takes = Takes::number,
                      .value = "S",
                      .help = "seconds until the token expires",
                      .fallback = "3600",
                      .least = 1,
                      .most = 30 * 86400};

const Option people{.name = "patients",
                    .takes = Takes::number,
                    .value = "N",
                    .help = "how many people",
                    .fallback = "1000",
                    .least = 1,
                    .most = 1'000'000'000};
const Option seed{
    .name = "seed", .takes = Takes::number, .value = "S", .help = "other people for another seed", .fallback = "1"};
const Option first_person{.name = "first",
                          .takes = Takes::number,
                          .value = "K",
                          .help = "begin with person K of the population",
                          .fallback = "1",
                          .least = 1,
                          .most = 1'000'000'000};
const Option synth_form{
    .name = "form",
    .takes = Takes::word,
    .value = "FORM",
    .help = "every event with every field; patient, time, code and value of the current ones; or who the people are",
    .fallback = "full",
    .words = {"full", "narrow", "people"}};
const Option density{.name = "density",
                     .takes = Takes::number,
                     .value = "PERCENT",
                     .help = "how much is recorded; 100 gives about 100 events for each person",
                     .fallback = "100",
                     .least = 1,
                     .most = 100'000};
const Option into{
    .name = "into", .takes = Takes::folder, .value = "DIR", .help = "load them into this store, and write nothing"};

// -- the server
const Option users{
    .name = "users", .takes = Takes::file, .value = "FILE", .help = "the file of local users", .setting = "users"};
const Option token_keys{.name = "token-keys",
                        .takes = Takes::file,
                        .value = "PATH",
                        .help = "keys that sign tokens: a folder of NAME.pem and NAME.secret, or one such file",
                        .setting = "token-keys"};
const Option token_issuer{
    .name = "token-issuer", .value = "NAME", .help = "who issues tokens", .setting = "token-issuer"};
const Option token_audience{
    .name = "token-audience", .value = "NAME", .help = "whom tokens are for", .setting = "token-audience"};
const Option token_algorithms{.name = "token-algorithms",
                              .value = "LIST",
                              .help = "algorithms that tokens may be signed by",
                              .setting = "token-algorithms",
                              .fallback = "RS256,ES256"};
const Option signing_key{.name = "signing-key",
                         .takes = Takes::file,
                         .value = "FILE",
                         .help = "the key by which tokens are issued: a private key as PEM, or NAME.secret",
                         .setting = "signing-key"};
const Option tls_certificate{.name = "tls-certificate",
                             .takes = Takes::file,
                             .value = "FILE",
                             .help = "the server's certificate chain, as PEM",
                             .setting = "tls-certificate"};
const Option tls_key{.name = "tls-key",
                     .takes = Takes::file,
                     .value = "FILE",
                     .help = "the certificate's private key, as PEM",
                     .setting = "tls-key"};
const Option tls_client_ca{.name = "tls-client-ca",
                           .takes = Takes::file,
                           .value = "FILE",
                           .help = "let in only clients with a certificate of this authority",
                           .setting = "tls-client-ca"};
const Option policy{
    .name = "policy", .takes = Takes::file, .value = "FILE", .help = "who may see what", .setting = "policy"};
const Option server_audit{.name = "server-audit",
                          .takes = Takes::word,
                          .value = "WHEN",
                          .help = "the audit log: a reply waits for its entry, the entry follows, or there is none",
                          .setting = "server-audit",
                          .fallback = "on",
                          .words = {"on", "deferred", "off"}};
const Option http_listen{.name = "http-listen",
                         .value = "HOST:PORT",
                         .help = "where metrics and health are told; nowhere where left out",
                         .setting = "http-listen"};
const Option log_level{.name = "log-level",
                       .takes = Takes::word,
                       .value = "LEVEL",
                       .help = "the least that is logged",
                       .setting = "log-level",
                       .fallback = "info",
                       .words = {"debug", "info", "warning", "error"}};
const Option idle_seconds{.name = "idle-seconds",
                          .takes = Takes::number,
                          .value = "S",
                          .help = "close a connection on which nothing moves for so long",
                          .setting = "idle-seconds",
                          .fallback = "600",
                          .least = 1,
                          .most = 1'000'000};
const Option connections_max{.name = "connections-max",
                             .takes = Takes::number,
                             .value = "N",
                             .help = "connections at once",
                             .setting = "connections-max",
                             .fallback = "4096",
                             .least = 1,
                             .most = 1'000'000};
const Option calls_max{.name = "calls-max",
                       .takes = Takes::number,
                       .value = "N",
                       .help = "unanswered calls of one connection",
                       .setting = "calls-max",
                       .fallback = "256",
                       .least = 1,
                       .most = 1'000'000};
const Option objects_max{.name = "objects-max",
                         .takes = Takes::number,
                         .value = "N",
                         .help = "timelines, queries, runs, ingests and feeds that one connection holds on to",
                         .setting = "objects-max",
                         .fallback = "1024",
                         .least = 1,
                         .most = 1'000'000};
const Option message_bytes_max{.name = "message-bytes-max",
                               .takes = Takes::bytes,
                               .value = "SIZE",
                               .help = "of one message, in or out",
                               .setting = "message-bytes-max",
                               .fallback = "64M",
                               .least = 1 << 16};
const Option query_seconds_max{.name = "query-seconds-max",
                               .takes = Takes::number,
                               .value = "S",
                               .help = "time of one query",
                               .setting = "query-seconds-max",
                               .fallback = "300",
                               .least = 1,
                               .most = 1'000'000};
const Option query_memory_max{.name = "query-memory-max",
                              .takes = Takes::bytes,
                              .value = "SIZE",
                              .help = "memory of one query's results",
                              .setting = "query-memory-max",
                              .fallback = "1G",
                              .least = 1 << 20};
const Option session_seconds_max{.name = "session-seconds-max",
                                 .takes = Takes::number,
                                 .value = "S",
                                 .help = "a session ends after so long",
                                 .setting = "session-seconds-max",
                                 .fallback = "28800",
                                 .least = 1,
                                 .most = 30 * 86400};
const Option drain_seconds{.name = "drain-seconds",
                           .takes = Takes::number,
                           .value = "S",
                           .help = "a server that is told to end lets calls under way finish for so long",
                           .setting = "drain-seconds",
                           .fallback = "10",
                           .least = 0,
                           .most = 3600};

const Option backups{.name = "backups",
                     .takes = Takes::folder,
                     .value = "DIR",
                     .help = "operators may back up into this folder while the store is served",
                     .setting = "backups"};

}  // namespace chartline::cli::option
