#!/bin/bash
# Measures Chartline beside DuckDB, SQLite and PostgreSQL: the same events, the same questions, one machine, one run.
#
#   bench/run.sh [tiny|quick|full] [--runs N] [--keep]      tiny: 1M events; quick: 10M (the default); full: 100M
#
#   1. events        made once, with a fixed seed; every store loads the same file
#   2. same answers  the fingerprints of all stores must be equal, or nothing is reported
#   3. A B A B ...   each comparison alternates between Chartline and its peer; medians over the runs
#   4. report        into docs/benchmarks.md between its markers, with machine, versions and commit
#
# Everything lies in one temporary folder, so that all stores write to the same disk; CHARTLINE_BENCH_FOLDER names another.
# Run by `./dev bench`, which builds the programs and installs the peers.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

size=quick runs=5 keep=no
while (($# > 0)); do
  case $1 in
    tiny | quick | full) size=$1 ;;
    --runs) runs=${2:?--runs takes a number} && shift ;;
    --keep) keep=yes ;;
    *) echo "bench: '$1' is none of tiny, quick, full, --runs N, --keep" >&2 && exit 2 ;;
  esac
  shift
done
case $size in
  tiny) patients=10000 reads=20000 seconds=1 log_events=200000 memory=16M ;;
  quick) patients=100000 reads=50000 seconds=3 log_events=1000000 memory=64M ;;
  full) patients=1000000 reads=200000 seconds=5 log_events=1000000 memory=640M ;;
esac

programs=${CHARTLINE_BENCH_PROGRAMS:-build/release}
work=$(mktemp --directory "${CHARTLINE_BENCH_FOLDER:-${TMPDIR:-/tmp}}/chartline-bench.XXXXXX")
chmod 711 "$work"  # the server of PostgreSQL runs as another user below it
csv=$work/events.csv results=$work/results.tsv store=$work/loaded socket=$work/postgres
connection="host=$socket dbname=postgres user=postgres"

say() { echo "bench: $(date +%T) $*" >&2; }
measure() { "$@" >>"$results"; }
store_bench() { measure "$programs/store_bench" "$@"; }

# PostgreSQL refuses to run as root.
as_server() { if ((EUID == 0)); then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }

end() {
  [[ ! -e $socket/data/postmaster.pid ]] || as_server "$(pg_config --bindir)/pg_ctl" -D "$socket/data" -m immediate stop >/dev/null
  if [[ $keep == yes ]]; then say "kept: $work"; else rm -rf "$work"; fi
}
trap end EXIT

start_postgres() {
  local bin
  bin=$(pg_config --bindir)
  mkdir "$socket"
  ((EUID != 0)) || chown postgres "$socket"
  as_server "$bin/initdb" -D "$socket/data" -U postgres -A trust >"$work/initdb.log"
  as_server "$bin/pg_ctl" -D "$socket/data" -w -l "$socket/log" start -o "-k $socket -c listen_addresses='' \
    -c fsync=on -c synchronous_commit=on -c shared_buffers=1GB -c max_wal_size=4GB -c max_connections=100" >/dev/null
}

same_answers() {
  local prints
  prints=$(awk -F'\t' '$2 == "fingerprint" {print $3}' "$results" | sort -u)
  [[ $(wc -l <<<"$prints") == 1 ]] && return 0
  awk -F'\t' '$2 == "fingerprint"' "$results" | sort -u >&2
  say "the stores do not agree on the events: nothing is reported"
  exit 1
}

say "peers"
[[ -d bench/peers/node_modules/@duckdb ]] || npm install --prefix bench/peers --no-save --no-audit --no-fund >"$work/npm.log" 2>&1 ||
  { cat "$work/npm.log" >&2 && exit 1; }

say "events of $patients patients"
"$programs/make_events" "$patients" >"$csv"

for ((run = 1; run <= runs; ++run)); do
  say "load, run $run of $runs"
  rm -rf "$store"
  store_bench load "$csv" "$store" "$programs/chartline"
  measure node bench/peers/duckdb_peer.mjs load "$csv" "$work/events.duckdb"
done
measure "$programs/sqlite_peer" load "$csv" "$work/events.sqlite"
store_bench sizes "$store" "$patients"
same_answers

for ((run = 1; run <= runs; ++run)); do
  say "timelines, run $run of $runs"
  store_bench timelines "$store" "$patients" "$reads" "$(stat --format=%s "$work/events.sqlite")"
  measure "$programs/sqlite_peer" timelines "$work/events.sqlite" "$patients" "$reads"
done
say "memory"
store_bench bounded_reads "$store"
store_bench load "$csv" "$work/bounded" "$programs/chartline" "$memory"
rm -rf "$work/bounded"

say "PostgreSQL's own load"
start_postgres
measure "$programs/postgres_peer" load "$connection" loaded "$csv"
measure "$programs/postgres_peer" load "$connection" empty ""
same_answers
for ((run = 1; run <= runs; ++run)); do
  say "commits, run $run of $runs"
  for with in "loaded 64" "empty 64" "loaded 1"; do
    read -r table writers <<<"$with"
    store_bench commits "$work/$table" "$table" "$patients" "$writers" "$seconds"
    measure "$programs/postgres_peer" commits "$connection" "$table" "$patients" "$writers" "$seconds"
  done
done

for ((run = 1; run <= runs; ++run)); do
  say "folding and start-up, run $run of $runs"
  for each in 1 10 100; do store_bench fold "$work/log" "$log_events" "$each"; done
  store_bench start_up "$work/log" "$log_events"
done
rm -rf "$work/log"

say "decoding"
"$programs/stored_bench" --benchmark_filter='decode_time_and_code' --benchmark_repetitions="$runs" --benchmark_min_time=0.1 \
  --benchmark_format=json >"$work/decode.json" 2>"$work/decode.log"

node bench/report.mjs "$results" "$work/decode.json" "$size" "$runs" "$log_events" | tee "$work/report.md"
node bench/report.mjs --into docs/benchmarks.md "$work/report.md"
say "written to docs/benchmarks.md"
