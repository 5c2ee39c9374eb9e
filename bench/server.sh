#!/bin/bash
# Measures the server beside PostgreSQL and beside the bound itself (a Cap'n Proto call that does nothing and returns as many bytes),
# all over sockets of this machine, in turn, and writes the figures into docs/benchmarks.md.
#
#   bench/server.sh [tiny|quick] [--runs N] [--audit on|deferred] [--seconds S] [--sockets unix|tcp]
#                                                        1M, 10M events (the default); 7 runs of 3 s
#
# All three are reached in the same way: by sockets of the file system, which is how PostgreSQL is reached on its own machine where
# nothing else is said, or by TCP over the loopback.
# Clients: 64 connections of one process, in one loop. PostgreSQL: 64 connections, each with a thread, prepared statements, rows in
# binary, an index on patient and time, 1 GB of shared buffers; Chartline has a cache of 1 GiB. Everyone may do everything (--open);
# audit as said.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

size=quick runs=7 audit=on seconds=3 sockets=unix
while (($# > 0)); do
  case $1 in
    tiny | quick) size=$1 ;;
    --runs) runs=${2:?--runs takes a number} && shift ;;
    --audit) audit=${2:?--audit takes on or deferred} && shift ;;
    --sockets) sockets=${2:?--sockets takes unix or tcp} && shift ;;
    --seconds) seconds=${2:?--seconds takes a number} && shift ;;
    *) echo "bench: '$1' is none of tiny, quick, --runs N, --audit MODE, --seconds S, --sockets unix|tcp" >&2 && exit 2 ;;
  esac
  shift
done
case $size in
  tiny) patients=10000 ;;
  quick) patients=100000 ;;
esac

programs=${CHARTLINE_BENCH_PROGRAMS:-build/release}
work=$(mktemp --directory "${CHARTLINE_BENCH_FOLDER:-${TMPDIR:-/tmp}}/chartline-server.XXXXXX")
chmod 711 "$work"
csv=$work/events.csv results=$work/results.tsv socket=$work/postgres
case $sockets in
  unix) connection="host=$socket" listen_on=unix:$work/chartline.socket bound_on=unix:$work/echo.socket postgres_on="listen_addresses=''" ;;
  tcp)
    postgres_port=$((20000 + RANDOM % 20000))
    connection="host=127.0.0.1 port=$postgres_port" listen_on=127.0.0.1:0 bound_on=127.0.0.1:0
    postgres_on="listen_addresses=127.0.0.1 -c port=$postgres_port"
    ;;
  *) echo "bench: '$sockets' are neither unix nor tcp" >&2 && exit 2 ;;
esac
connection+=" dbname=postgres user=postgres"
say() { echo "bench: $(date +%T) $*" >&2; }
measure() { "$@" >>"$results"; }
as_server() { if ((EUID == 0)); then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }

server='' echo_server='' scans=''
end() {
  [[ -z $scans ]] || kill "$scans" 2>/dev/null || true
  [[ -z $echo_server ]] || kill "$echo_server" 2>/dev/null || true
  [[ -z $server ]] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
  [[ ! -e $socket/data/postmaster.pid ]] || as_server "$(pg_config --bindir)/pg_ctl" -D "$socket/data" -m immediate stop >/dev/null
  rm -rf "$work"
}
trap end EXIT

say "events of $patients patients, into both"
"$programs/make_events" "$patients" >"$csv"
"$programs/chartline" init --quiet --store "$work/store"
"$programs/chartline" import --quiet --strict --no-originals --store "$work/store" --format events "$csv" >/dev/null
bin=$(pg_config --bindir)
mkdir "$socket"
((EUID != 0)) || chown postgres "$socket"
as_server "$bin/initdb" -D "$socket/data" -U postgres -A trust >"$work/initdb.log"
as_server "$bin/pg_ctl" -D "$socket/data" -w -l "$socket/log" start -o "-k $socket -c $postgres_on \
  -c fsync=on -c synchronous_commit=on -c shared_buffers=1GB -c max_wal_size=4GB -c max_connections=100" >/dev/null
"$programs/postgres_peer" load "$connection" loaded "$csv" >/dev/null

"$programs/chartline" serve --store "$work/store" --open --cache 1G --server-audit "$audit" --listen "$listen_on" 2>"$work/serve.log" &
server=$!
port() { sed -n 's/.*port \([0-9]*\).*/\1/p' "$1" | head -n 1; }
at() { if [[ $2 == unix:* ]]; then echo "$2"; else echo "127.0.0.1:$(port "$1")"; fi; }  # once it listens
for ((i = 0; i < 100; ++i)); do [[ -n $(port "$work/serve.log") ]] && break || sleep 0.1; done
address=$(at "$work/serve.log" "$listen_on")

# The bound returns what a timeline takes.
bytes=$("$programs/server_bench" timelines "$address" "$patients" 64 1 | awk -F'\t' '$2 == "server.timeline.bytes" {print int($3)}')
"$programs/server_bench" echo-serve "$bound_on" "$bytes" >"$work/echo.log" &
echo_server=$!
for ((i = 0; i < 100; ++i)); do [[ -n $(port "$work/echo.log") ]] && break || sleep 0.1; done
bound=$(at "$work/echo.log" "$bound_on")

say "2,000 idle sessions"
measure "$programs/server_bench" idle "$address" 2000 "$server"
# Reads first, then writes: the folding that writes leave behind takes minutes of the same cores. What reads take afterwards is
# a figure of its own.
for ((run = 1; run <= runs; ++run)); do
  say "run $run of $runs: reads"
  measure "$programs/server_bench" echo "$bound" 64 "$seconds"
  measure "$programs/server_bench" timelines "$address" "$patients" 64 "$seconds"
  measure "$programs/postgres_peer" timelines "$connection" loaded "$patients" 64 "$seconds"
  measure "$programs/server_bench" many "$address" "$patients" 1000 "$seconds"
  measure "$programs/server_bench" first-row "$address" 'list exists observation[*]'
  # Timelines of one client at a time, idle and beside scans that never end.
  measure "$programs/server_bench" timelines "$address" "$patients" 1 "$seconds" idle_one
  "$programs/server_bench" scans "$address" 'tally any[*] by year(start)' $((seconds + 2)) >"$work/scans.log" &
  scans=$!
  sleep 1
  measure "$programs/server_bench" timelines "$address" "$patients" 1 "$seconds" beside_scans
  wait "$scans"
  scans=''
done
for ((run = 1; run <= runs; ++run)); do
  say "run $run of $runs: writes, and reads after them"
  for events in 1 100; do
    measure "$programs/server_bench" commits "$address" "$patients" 64 "$events" "$seconds"
    measure "$programs/postgres_peer" commits "$connection" loaded "$patients" 64 "$seconds" "$events"
  done
  measure "$programs/server_bench" timelines "$address" "$patients" 64 "$seconds" after_writes
done

node bench/server_report.mjs "$results" "$size" "$runs" "$audit" "$sockets" docs/benchmarks.md
