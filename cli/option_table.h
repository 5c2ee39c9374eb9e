// The options that commands take, each described once; option_table.cc has their words.
#pragma once

#include "cli/command.h"

namespace chartline::cli::option {

// Options of the whole program.
extern const Option config, color, quiet;
// Options of several commands.
extern const Option store, server, token, user, role, purpose, project, role_policy, reason, tls, authorities,
    certificate, key, cache, format, answer_format, from, to, kind, code, source_filter, hidden;
// Options of one command.
extern const Option shards, zone, import_format, output, source, strict, report, threads, memory, originals,
    no_originals, as_of, last, deep, history, verify, backup_name, list, pace, shard, origin, since, yes, keep, text,
    file, parameter, query_threads, time_limit, memory_limit, executor, clamp, as_circe, terminology, timer,
    history_lines, listen, open_door, audit, head, since_head, acts_from, acts_to, who, act, outcome, break_glass,
    of_patient, list_name, code_system, code_column, list_report, map, roles, organisation, teams, own_patient,
    no_password, lifetime, people, seed, first_person, synth_form, density, into;
// Options of the server.
extern const Option users, token_keys, token_issuer, token_audience, token_algorithms, signing_key, tls_certificate,
    tls_key, tls_client_ca, policy, server_audit, http_listen, log_level, idle_seconds, connections_max, calls_max,
    objects_max, message_bytes_max, query_seconds_max, query_memory_max, session_seconds_max, drain_seconds, backups;

}  // namespace chartline::cli::option
