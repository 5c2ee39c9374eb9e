// The commands, and the options that each takes.
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/option_table.h"
#include "cli/runs.h"

namespace chartline::cli {
namespace {

const Argument patient{"PATIENT", "an identifier's value, or SYSTEM|VALUE"};
const Argument cohort{"NAME", "the name of the cohort"};
const std::vector<const Option*> filters = {&option::from,          &option::to,    &option::kind, &option::code,
                                            &option::source_filter, &option::hidden};

// What `serve` is told, in the order of its page of help.
const std::vector<const Option*> server_settings = {&option::listen,
                                                    &option::tls_certificate,
                                                    &option::tls_key,
                                                    &option::tls_client_ca,
                                                    &option::users,
                                                    &option::token_keys,
                                                    &option::token_issuer,
                                                    &option::token_audience,
                                                    &option::token_algorithms,
                                                    &option::signing_key,
                                                    &option::policy,
                                                    &option::server_audit,
                                                    &option::http_listen,
                                                    &option::log_level,
                                                    &option::idle_seconds,
                                                    &option::connections_max,
                                                    &option::calls_max,
                                                    &option::objects_max,
                                                    &option::message_bytes_max,
                                                    &option::query_seconds_max,
                                                    &option::query_memory_max,
                                                    &option::session_seconds_max,
                                                    &option::drain_seconds,
                                                    &option::backups};

std::vector<const Option*> with(std::vector<const Option*> first, const std::vector<const Option*>& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

// What a command takes that works on a folder and on a server.
std::vector<const Option*> anywhere(const std::vector<const Option*>& more) {
  return with(with({&option::store, &option::server}, more),
              {&option::audit, &option::token, &option::user, &option::role, &option::purpose, &option::project,
               &option::reason, &option::tls, &option::authorities, &option::certificate, &option::key});
}

std::vector<Command> make_commands() {
  return {
      {.name = "demo",
       .summary = "the whole story in a few seconds, on a sample of synthetic records",
       .text = "Makes a store in a temporary folder, imports sixteen synthetic people, prints a timeline, "
               "asks questions over all of them, imports again to show that the content stays the same, checks the "
               "store, and restores a backup with an "
               "equal hash. Everything is taken away at the end.\n",
       .options = {&option::keep},
       .examples = {{"chartline demo", "each step is a command that you could type"}},
       .run = run_demo},
      {.name = "init",
       .summary = "make an empty store",
       .text = "The number of shards cannot be changed later; one is right up to some millions of people. The "
               "folder must be new or empty.\n",
       .options = {&option::store, &option::shards, &option::zone},
       .examples = {{"chartline init --store care", "one shard, times in UTC"},
                    {"chartline init --store care --shards 8 --zone Europe/London",
                     "for many cores, and local times of London"}},
       .run = run_init},
      {.name = "import",
       .summary = "read records into the store",
       .text = "Reads files, folders and archives (gz, xz, zst, bz2, tar, zip), and standard input as `-`. The "
               "format is recognised where left out; docs/events-csv.md tells the columns of the event CSV. Importing "
               "the same again leaves the content as it is; only the history of a record that the input tells several "
               "times, with different content, grows. A row that cannot "
               "be used never stops an import and is never dropped silently: it is counted, and told with its "
               "place and the reason in the --report. Every row becomes a record or a reject.\n",
       .options = anywhere({&option::import_format, &option::source, &option::strict, &option::report, &option::threads,
                            &option::memory, &option::originals, &option::no_originals, &option::map, &option::output,
                            &option::cache}),
       .arguments = {{"PATH", "file, folder or archive; - is standard input", Takes::file, true, true}},
       .examples = {{"chartline import --store care records/", "whatever the folder holds"},
                    {"chartline import --store care --format omop --source RYJ --report problems.ndjson omop/",
                     "say what it is, who says so, and where problems go"},
                    {"zcat events.csv.gz | chartline import --store care --format events -", "a stream"}},
       .run = run_import},
      {.name = "synth",
       .summary = "synthetic people of any number, for tests and measurements",
       .text =
           "Writes events as CSV, which import reads: thirty years of the records of a population with the ages, "
           "long-term "
           "conditions, visits, admissions and medication of a country, from several sources, with corrections. The "
           "same "
           "seed gives the same bytes everywhere, and fewer people are the beginning of more. No person is real, and "
           "nothing can be learned from them about people.\n",
       .options = {&option::people, &option::seed, &option::first_person, &option::synth_form, &option::density,
                   &option::query_threads, &option::into, &option::memory, &option::cache, &option::audit},
       .examples = {{"chartline synth --patients 10000 | chartline import --store care --format events -",
                     "into a store"},
                    {"chartline synth --patients 1000000 --into care", "the same without text between: faster"},
                    {"chartline synth --patients 1000 --form narrow > events.csv", "for other programs"}},
       .run = run_synth},
      {.name = "codes import",
       .summary = "keep a code list under a name, for queries to say @NAME",
       .text =
           "Reads a CSV as OpenCodelists, HDR UK and CALIBER publish them, or a FHIR ValueSet. The column of the codes "
           "and their system are found out, and what is in doubt is refused. Rows that cannot be used are told with "
           "their line. What the name stood for before is kept: questions as of an earlier moment still see it.\n",
       .options = anywhere({&option::list_name, &option::code_system, &option::code_column, &option::list_report,
                            &option::format, &option::cache}),
       .arguments = {{"FILE", "a CSV or a ValueSet, may be compressed", Takes::file}},
       .examples = {{"chartline codes import --store care --name diabetes dm_cod.csv", "now @diabetes is known"},
                    {"chartline codes import --store care --name aaa --system icd10 --column code list.csv",
                     "where the file does not say it"}},
       .run = run_codes_import},
      {.name = "codes list",
       .summary = "the code lists of the store",
       .options = anywhere({&option::format, &option::cache}),
       .examples = {{"chartline codes list --store care", "what stands behind which @NAME"}},
       .run = run_codes_list},
      {.name = "codes show",
       .summary = "the codes of a list",
       .text =
           "`carried` says whether an event of the store carries the code. Entries that take in a part of a hierarchy, "
           "as in snomed:<<73211009, are looked up when a query is prepared.\n",
       .options = anywhere({&option::format, &option::cache}),
       .arguments = {{"NAME", "the list, without its @"},
                     {"VERSION", "number of an earlier version", Takes::number, false}},
       .examples = {{"chartline codes show --store care diabetes", "as it is now"},
                    {"chartline codes show --store care diabetes 1", "as it first was"}},
       .run = run_codes_show},
      {.name = "codes versions",
       .summary = "what a code list was, and when",
       .options = anywhere({&option::format, &option::cache}),
       .arguments = {{"NAME", "the list, without its @"}},
       .examples = {{"chartline codes versions --store care diabetes", "each with the file that it came from"}},
       .run = run_codes_versions},
      {.name = "codes remove",
       .summary = "take a code list away",
       .text = "Its earlier versions stay, for questions as of an earlier moment.\n",
       .options = anywhere({&option::cache}),
       .arguments = {{"NAME", "the list, without its @"}},
       .examples = {{"chartline codes remove --store care diabetes", "@diabetes is unknown from now on"}},
       .run = run_codes_remove},
      {.name = "codes terminology",
       .summary = "the terminology loaded into the store",
       .text =
           "Hierarchies and mappings come in by import: OMOP vocabulary, FHIR CodeSystem and ConceptMap, or CSV with "
           "the columns code and parent. Each source is a version; a query is pinned to a version by its `pin`.\n",
       .options = anywhere({&option::format, &option::cache}),
       .examples = {{"chartline codes terminology --store care", "versions, concepts and links"}},
       .run = run_codes_terminology},
      {.name = "timeline",
       .summary = "one person's events in the order of time",
       .text = "For a person: encounters as groups with their events inside, values with their trend against the "
               "previous one, numbers to three digits behind the point. With --format csv, json, ndjson or "
               "markdown: every field of every event, for machines.\n",
       .options = anywhere(with({&option::as_of, &option::last, &option::format, &option::cache}, filters)),
       .arguments = {patient},
       .examples = {{"chartline timeline --store care 'nhs|9434765919'", "everything"},
                    {"chartline timeline --store care 9434765919 --from 2019 --kind observation",
                     "observations since 2019"},
                    {"chartline timeline --store care 9434765919 --as-of 2020-06-30 --format json",
                     "as it was known then"}},
       .run = run_timeline},
      {.name = "events",
       .summary = "every event of the store, one row each",
       .text =
           "Patients come in the order of shard and id, their events in the order of time. Memory does not "
           "grow with the store. The default form is ndjson.\n"
           "\n"
           "import reads the csv back to the same events, in a store of the same zone. In it the events of one record "
           "stand together; it leaves out further identifiers of patients, links, history, what was entered in error, "
           "originals, displays of translations, and white space around names and codes.\n",
       .options = anywhere(with({&option::format, &option::cache}, filters)),
       .examples = {{"chartline events --store care > events.ndjson", "all of it"},
                    {"chartline events --store care --format csv --kind medication --from 2020", "an extract"}},
       .run = run_events},
      {.name = "query",
       .summary = "ask the store: counts, lists and figures over everyone",
       .text =
           "The query stands behind -e, in a file behind -f, or on standard input. Definitions (param, codes, let, "
           "cohort) come first, then statements, each on a line of its own or behind a semicolon; the answers come in "
           "their order. docs/query-language.md explains the language. What is wrong with a query is said with its "
           "place, nothing is run, and the exit code is 3. There is no hidden clock: a query that says `today` needs "
           "a param of this name.\n",
       .options = anywhere(with({&option::text, &option::file, &option::role_policy}, asking_options)),
       .examples = {{"chartline query --store care -e 'tally any[*] by kind'", "what the store holds"},
                    {"chartline query --store care -e 'count exists condition[snomed:44054006] by sex'",
                     "how many people have type 2 diabetes"},
                    {"chartline query --store care -f register.query --param today=2024-03-31 --format csv",
                     "a query kept in a file, with the value of a param"},
                    {"chartline query --store care -e 'explain count exists observation[loinc:4548-4]'",
                     "how it would be run"},
                    {"chartline query --store care --policy policy.toml --role planner -e 'count true by sex'",
                     "figures as a planner sees them"},
                    {"chartline query --store care --format arrow -f list.query > list.arrow",
                     "columns with their types, for other programs"}},
       .run = run_query},
      {.name = "shell",
       .summary = "ask one query after the other",
       .text =
           "An input ends with a semicolon or an empty line. What it defines stays known. The line that is typed is "
           "shown "
           "in colour; Tab completes keywords, functions, fields, code systems, code lists and cohorts; the lines are "
           "kept in a history over sessions. `today` is taken as the date of the day, which is said. Lines that begin "
           "with a dot are about the shell: .help lists them. Without a terminal it reads standard input and shows "
           "nothing but answers.\n",
       .options = anywhere(with({&option::history_lines}, asking_options)),
       .examples = {{"chartline shell --store care", "leave with Ctrl-D"},
                    {"chartline shell --store care < questions.query", "without a person: inputs from a file"}},
       .run = run_shell},
      {.name = "serve",
       .summary = "let clients work on the store over the network",
       .text = "Clients speak Cap'n Proto (docs/server.md); `chartline --server HOST:PORT` is one. A policy says who "
               "may see what, "
               "users or tokens prove who they are (docs/security.md). Beyond this machine TLS is needed. SIGHUP reads "
               "all these "
               "files again; SIGTERM and Ctrl-C end it, when what is under way has ended.\n",
       .options = with({&option::store, &option::open_door, &option::cache}, server_settings),
       .examples = {{"chartline serve --store care --open", "for oneself, on this machine"},
                    {"chartline serve --store care --policy policy.toml --users users.toml",
                     "for the users of the file"}},
       .run = run_serve},
      {.name = "user add",
       .summary = "let someone log in, by the local file of users",
       .text =
           "The file is TOML, its owner's alone, and made where there is none. The password is asked for on the "
           "terminal, or is "
           "the first line of standard input; it is kept as an Argon2id hash. What a role may see, the policy says.\n",
       .options = {&option::users, &option::roles, &option::organisation, &option::teams, &option::own_patient,
                   &option::no_password},
       .arguments = {{"NAME", "the user"}},
       .examples = {{"chartline user add --users users.toml --role clinician --team 'ward 7' mary",
                     "asks for a password"},
                    {"chartline user add --users users.toml --role patient --patient 'nhs|9434765919' ada",
                     "someone who reads their own record"}},
       .run = run_user_add},
      {.name = "user list",
       .summary = "the users of the local file",
       .options = {&option::users, &option::format},
       .examples = {{"chartline user list --users users.toml", "who is who"}},
       .run = run_user_list},
      {.name = "user passwd",
       .summary = "set a user's password",
       .options = {&option::users},
       .arguments = {{"NAME", "the user"}},
       .examples = {{"chartline user passwd --users users.toml mary", "asks for the new one"}},
       .run = run_user_passwd},
      {.name = "user remove",
       .summary = "take a user out of the local file",
       .options = {&option::users},
       .arguments = {{"NAME", "the user"}},
       .examples = {{"chartline user remove --users users.toml mary",
                     "tokens that were issued live until they expire"}},
       .run = run_user_remove},
      {.name = "token",
       .summary = "a signed token for a user of the local file",
       .text =
           "Prints a JWT with the user's roles, organisation, teams and patient. Whoever holds it is the user until it "
           "expires, so let it live shortly. The key is a private key as PEM (RSA, P-256, P-384, P-521), or a shared "
           "secret of "
           "32 bytes or more in a file NAME.secret; its name is the key's id, by which the server finds the other half "
           "among "
           "its --token-keys. docs/security.md tells how to make one.\n",
       .options = {&option::users, &option::signing_key, &option::token_issuer, &option::token_audience, &option::lifetime},
       .arguments = {{"NAME", "the user"}},
       .examples =
           {{"chartline token --users users.toml --signing-key main.pem --token-issuer local --token-audience care "
             "mary",
             "for an hour"}},
       .run = run_token},
      {.name = "cohort save",
       .summary = "keep a cohort in the store by its name",
       .text = "The text must define a cohort of this name; what it uses (param, codes, let) is kept with it, so that "
               "later "
               "queries can say `in NAME` and nothing more. Saving again replaces it.\n",
       .options = anywhere(
           {&option::text, &option::file, &option::parameter, &option::clamp, &option::terminology, &option::cache}),
       .arguments = {cohort,
                     {"FILE", "a file that holds the text; standard input where neither it nor -e is given",
                      Takes::file, false}},
       .examples =
           {{"chartline cohort save diabetes --store care -e 'cohort diabetes = exists condition[snomed:44054006]'",
             "from now on: count in diabetes"},
            {"chartline cohort save register --store care --param today=2024-03-31 register.query",
             "with the value of a param"}},
       .run = run_cohort_save},
      {.name = "cohort import",
       .summary = "keep cohorts that others defined, as text of the query language",
       .text =
           "Reads OHDSI cohort definitions (circe, the JSON of ATLAS and of the PhenotypeLibrary) and keeps each as a "
           "cohort under the name of its file: 20.json becomes cohort_20. `cohort show` prints the text. A definition "
           "with "
           "an element that is not covered is refused as a whole, with the path of the element; the others are kept.\n",
       .options = anywhere({&option::as_circe, &option::clamp, &option::terminology, &option::cache}),
       .arguments = {{"FORMAT", "what the files are", Takes::word, true, false, {"circe"}},
                     {"FILE", "a definition", Takes::file, true, true}},
       .examples = {{"chartline cohort import --store care --as-circe circe 20.json",
                     "then: chartline cohort run cohort_20 --store care --format csv"}},
       .run = run_cohort_import},
      {.name = "cohort list",
       .summary = "the cohorts that the store keeps",
       .options = anywhere({&option::format, &option::cache}),
       .examples = {{"chartline cohort list --store care", "name by name"}},
       .run = run_cohort_list},
      {.name = "cohort show",
       .summary = "the text of a kept cohort",
       .options = anywhere({&option::cache}),
       .arguments = {cohort},
       .examples = {{"chartline cohort show --store care diabetes", "as it would be typed"}},
       .run = run_cohort_show},
      {.name = "cohort run",
       .summary = "who is in a kept cohort, with start and end",
       .text = "Several cohorts are found in one pass over the patients. The values of their params are those that "
               "they were "
               "saved with; of one alone --param gives others.\n",
       .options = anywhere(asking_options),
       .arguments = {{"NAME", "the name of a cohort", Takes::text, true, true}},
       .examples = {{"chartline cohort run --store care diabetes --format csv",
                     "a row for each, or for each index date"},
                    {"chartline cohort run --store care diabetes register --format json", "one after the other"}},
       .run = run_cohort_run},
      {.name = "cohort attrition",
       .summary = "who is left after each step that leads to a kept cohort",
       .text = "For an imported OHDSI definition: the entry events, the additional criteria and each inclusion rule. "
               "For others the "
               "definitions that the cohort is drawn from, or the parts of its condition. A step is called what the "
               "comment "
               "above its definition says.\n",
       .options = anywhere(asking_options),
       .arguments = {cohort},
       .examples = {{"chartline cohort attrition --store care cohort_20", "patients left and lost, rule by rule"}},
       .run = run_cohort_attrition},
      {.name = "cohort watch",
       .summary = "who entered a kept cohort and who left it, by changes since a position",
       .text = "The position to go on from is said at the end, on standard error; --since takes it. Without --since "
               "nothing is told but "
               "that. Only patients whose record changed are looked at: who would enter or leave by the mere passing "
               "of time is not "
               "told.\n",
       .options = anywhere({&option::since, &option::format, &option::cache}),
       .arguments = {cohort},
       .examples = {{"chartline cohort watch --store care diabetes --since 1200", "since commit 1200"}},
       .run = run_cohort_watch},
      {.name = "cohort remove",
       .summary = "forget a kept cohort",
       .text = "Cohorts that use it can no longer be run.\n",
       .options = anywhere({&option::cache}),
       .arguments = {cohort},
       .examples = {{"chartline cohort remove --store care diabetes", "no record is touched"}},
       .run = run_cohort_remove},
      {.name = "changes",
       .summary = "the change feed: what was written, in order",
       .text = "One JSON object for each change. The position to go on from is said at the end, on standard "
               "error; --since takes it.\n",
       .options = anywhere({&option::since, &option::cache}),
       .examples = {{"chartline changes --store care", "from the oldest change kept"},
                    {"chartline changes --store care --since 1200", "what came after commit 1,200"}},
       .run = run_changes},
      {.name = "link",
       .summary = "two patients are one person",
       .text = "Their timelines are shown as one from now on; unlink takes exactly that back.\n",
       .options = anywhere({&option::cache}),
       .arguments = {patient, {"OTHER", "the other identifier"}},
       .examples = {{"chartline link --store care 'nhs|9434765919' 'RYJ|A-17'",
                     "both identifiers now find the whole person"}},
       .run = run_link},
      {.name = "unlink",
       .summary = "take a link back",
       .text = "The store is as if the two had never been linked; the history of the link stays.\n",
       .options = anywhere({&option::cache}),
       .arguments = {patient, {"OTHER", "the other identifier"}},
       .examples = {{"chartline unlink --store care 'nhs|9434765919' 'RYJ|A-17'", "two patients again"}},
       .run = run_unlink},
      {.name = "erase",
       .summary = "destroy one patient's record for good",
       .text = "Legal erasure: events, history, originals and identifiers are destroyed, the logs rotated and "
               "the tables compacted, and every file is scanned for what might be left. The report names the "
               "backups that still hold the patient. Without --yes nothing is done.\n",
       .options = {&option::store, &option::yes, &option::format, &option::audit, &option::cache},
       .arguments = {patient},
       .examples = {{"chartline erase --store care 'nhs|9434765919' --yes", "cannot be taken back"}},
       .run = run_erase},
      {.name = "check",
       .summary = "prove that the store is sound",
       .text = "Compares heads, runs, indexes, counts and checksums. --deep also rebuilds every index in memory "
               "from the timelines, replays what is left of the log, and compares everything. Findings are "
               "printed one a line, and the exit code is 5.\n",
       .options = anywhere({&option::deep, &option::format, &option::cache}),
       .examples = {{"chartline check --store care", "quick"}, {"chartline check --store care --deep", "everything"}},
       .run = run_check},
      {.name = "hash",
       .summary = "a hash of the content",
       .text = "Equal for two stores that were told the same, however it came in: by import or event by event, "
               "restored or not, in one shard or many.\n",
       .options = anywhere({&option::history, &option::format, &option::cache}),
       .examples = {{"chartline hash --store care", "of what is current"},
                    {"chartline hash --store care --history", "of every version"}},
       .run = run_hash},
      {.name = "audit show",
       .summary = "who did what: the audit log",
       .text = "Entries shard by shard, in the order in which they were written. A table shows the most telling "
               "columns; csv, "
               "json and ndjson every one, patients by their first identifier.\n",
       .options = {&option::store, &option::acts_from, &option::acts_to, &option::who, &option::act, &option::outcome,
                   &option::of_patient, &option::break_glass, &option::audit, &option::format, &option::cache},
       .examples = {{"chartline audit show --store care --outcome denied", "what was refused"},
                    {"chartline audit show --store care --act erase --format json", "every erasure"}},
       .run = run_audit_show},
      {.name = "audit report",
       .summary = "who saw one person's record, when, in what role and why",
       .text = "For the patient themself: every act that named the person, or anyone linked to them, and every act "
               "that gave "
               "rows of everyone; in the order of time. Of others whom an act was about nothing is said.\n",
       .options = {&option::store, &option::acts_from, &option::acts_to, &option::audit, &option::format, &option::cache},
       .arguments = {patient},
       .examples = {{"chartline audit report --store care 'nhs|9434765919'", "all of it"},
                    {"chartline audit report --store care 9434765919 --from 2026 --format csv", "of this year"}},
       .run = run_audit_report},
      {.name = "audit head",
       .summary = "what stands for the whole audit log: keep it elsewhere",
       .text = "A line for each shard: the store's id, the shard, the number of entries, and the root of the tree over "
               "them. "
               "Whoever keeps one finds out later if anything before it was changed.\n",
       .options = {&option::store, &option::cache},
       .examples = {{"chartline audit head --store care >> heads.txt", "for whoever is to watch over the log"}},
       .run = run_audit_head},
      {.name = "audit verify",
       .summary = "prove that the audit log is what was written",
       .text = "Computes every hash anew: an entry that was changed, removed, exchanged or cut off is named by its "
               "number. With "
               "heads kept elsewhere, a log that was written anew as a whole is found too. The exit code is 5 where "
               "something is "
               "found.\n",
       .options = {&option::store, &option::head, &option::format, &option::cache},
       .examples = {{"chartline audit verify --store care", "that it fits itself"},
                    {"chartline audit verify --store care --head heads.txt", "and every head that was kept"}},
       .run = run_audit_verify},
      {.name = "audit prove",
       .summary = "a proof that an entry is in the log, or that the log has only grown",
       .text = "The proof is text; whoever has it, and a head that they trust, needs no store to check it (audit "
               "verify-proof; "
               "docs/audit.md tells how to do without this program). The proof of an entry holds the entry.\n",
       .options = {&option::store, &option::shard, &option::head, &option::since_head, &option::cache},
       .arguments = {{"ENTRY", "the number of the entry", Takes::text, false}},
       .examples = {{"chartline audit prove --store care 12 > entry-12.proof", "that entry 12 is in it"},
                    {"chartline audit prove --store care --since-head january.head",
                     "that nothing from before was changed"}},
       .run = run_audit_prove},
      {.name = "audit verify-proof",
       .summary = "check a proof, without any store",
       .options = {&option::head, &option::format},
       .arguments = {{"FILE", "the proof; - is standard input", Takes::file}},
       .examples = {{"chartline audit verify-proof entry-12.proof --head january.head",
                     "under the head that was kept"}},
       .run = run_audit_verify_proof},
      {.name = "backup",
       .summary = "copy the store into a folder",
       .text =
           "Further backups into the same folder copy only what is new. Every file is read back and compared "
           "before the backup counts. A store that is served is backed up by its server, while it goes on reading and "
           "writing, into the folder that chartline serve --backups names; no other process can open it.\n",
       .options = anywhere({&option::format, &option::cache}),
       .arguments = {{"TO", "the folder of the backups; a server has its own", Takes::folder, false}},
       .examples = {{"chartline backup --store care backups", "while no other process holds the store"},
                    {"chartline backup --server localhost:7411", "while the server goes on"}},
       .run = run_backup},
      {.name = "restore",
       .summary = "make a store from a backup",
       .text = "The new folder must not exist, or be empty. Erasures that came after the backup are applied "
               "again before the store can be opened.\n",
       .options = {&option::store, &option::verify, &option::backup_name, &option::list, &option::format},
       .arguments = {{"FROM", "the folder of the backups", Takes::folder}},
       .examples = {{"chartline restore backups --store care2 --verify", "the newest, proved equal"},
                    {"chartline restore backups --list", "what there is"}},
       .run = run_restore},
      {.name = "scrub",
       .summary = "read every file against its checksum",
       .text = "In the background of other work: --pace sets how much is read each second.\n",
       .options = {&option::store, &option::pace, &option::format, &option::cache},
       .examples = {{"chartline scrub --store care", "as fast as it goes"},
                    {"chartline scrub --store care --pace 20M", "gently"}},
       .run = run_scrub},
      {.name = "inspect stats",
       .summary = "sizes, counts and caches of the store",
       .options = anywhere({&option::format, &option::cache}),
       .examples = {{"chartline inspect stats --store care", "what lies where"}},
       .run = run_inspect_stats},
      {.name = "inspect run",
       .summary = "how one patient is stored",
       .text = "The patient's head and runs: sizes, and the form of each column.\n",
       .options = {&option::store, &option::cache},
       .arguments = {patient},
       .examples = {{"chartline inspect run --store care 'nhs|9434765919'", "the runs that make up the timeline"}},
       .run = run_inspect_run},
      {.name = "inspect key",
       .summary = "what a stored key and its value hold",
       .options = {&option::store, &option::shard, &option::cache},
       .arguments = {{"TABLE", "name of the table"}, {"KEY", "the key in hexadecimal"}},
       .examples = {{"chartline inspect key --store care timeline 00000001", "drawn field by field"}},
       .run = run_inspect_key},
      {.name = "policy test",
       .summary = "run the tests that a policy file holds",
       .text =
           "A policy says who may see what. Its [[test]] tables say who asks for what and what must come of it. They "
           "are "
           "run on the store given, or on one in memory that holds whoever the policy names. Exits with 4 where one "
           "fails.\n",
       .options = {&option::store, &option::format, &option::cache},
       .arguments = {{"FILE", "the policy, a TOML file", Takes::file}},
       .examples = {{"chartline policy test policy.toml", "as the file says"},
                    {"chartline policy test policy.toml --store care", "over the patients of a store"}},
       .run = run_policy_test},
      {.name = "policy show",
       .summary = "what a policy file grants to each role",
       .options = {&option::format},
       .arguments = {{"FILE", "the policy, a TOML file", Takes::file}},
       .examples = {{"chartline policy show policy.toml", "a role a line"}},
       .run = run_policy_show},
      {.name = "deid report",
       .summary = "how easily people of a project's de-identified view are told apart",
       .text =
           "What becomes of each field of a record, and for sets of quasi-identifiers (birth, sex, death, place, rare "
           "codes) k: how many people share the rarest values. Rare codes, of fewer than 8 people, can be left out by "
           "the "
           "policy. Reads every record.\n",
       .options = {&option::store, &option::role_policy, &option::role, &option::purpose, &option::project,
                   &option::user, &option::format, &option::cache},
       .examples =
           {{"chartline deid report --store care --policy policy.toml --role researcher --project asthma --user rosa",
             "of what Rosa sees in the project asthma"}},
       .run = run_deid_report},
      {.name = "config show",
       .summary = "every setting and its value",
       .text = "A flag counts before the environment, the environment before the configuration file, and that "
               "before the default.\n",
       .options =
           with({&option::store,   &option::server,        &option::token,  &option::user,        &option::role,
                 &option::purpose, &option::project,       &option::tls,    &option::authorities, &option::certificate,
                 &option::key,     &option::answer_format, &option::shards, &option::zone,        &option::source,
                 &option::threads, &option::memory,        &option::cache,  &option::audit,       &option::origin},
                server_settings),
       .examples = {{"chartline config show --origin", "and where each value comes from"},
                    {"CHARTLINE_STORE=care chartline config show", "as the environment has it"}},
       .run = run_config_show},
      {.name = "completion",
       .summary = "shell completion",
       .arguments = {{"SHELL", "bash, zsh or fish", Takes::text, true, false, {"bash", "zsh", "fish"}}},
       .examples = {{"source <(chartline completion bash)", "for this shell"},
                    {"chartline completion fish > ~/.config/fish/completions/chartline.fish", "for every fish"}},
       .run = run_completion},
      {.name = "man", .summary = "the manual page", .examples = {{"chartline man | man -l -", "read it"}}, .run = run_man},
      {.name = "version",
       .summary = "the version of the program",
       .examples = {{"chartline version", "one line"}},
       .run = run_version},
      {.name = "help",
       .summary = "what the commands are",
       .arguments = {{"COMMAND", "the command to explain", Takes::text, false, true}},
       .examples = {{"chartline help import", "the same as chartline import --help"}},
       .run = run_help},
  };
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> all = make_commands();
  return all;
}

const std::vector<const Option*>& common_options() {
  static const std::vector<const Option*> all = {&option::config, &option::color, &option::quiet};
  return all;
}

std::vector<const Option*> all_settings() {
  std::vector<const Option*> all = {
      &option::store,   &option::server,        &option::token,  &option::user,        &option::role,
      &option::purpose, &option::project,       &option::tls,    &option::authorities, &option::certificate,
      &option::key,     &option::answer_format, &option::shards, &option::zone,        &option::source,
      &option::threads, &option::memory,        &option::cache,  &option::audit};
  all.insert(all.end(), server_settings.begin(), server_settings.end());
  all.insert(all.end(), {&option::color, &option::quiet});
  return all;
}

const Command* find_command(std::string_view name) {
  for (const Command& command : commands())
    if (command.name == name) return &command;
  return nullptr;
}

}  // namespace chartline::cli
