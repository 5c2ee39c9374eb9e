#!/bin/bash
# Asks the questions of bench/questions of Chartline and of DuckDB in turn, and writes their times into docs/benchmarks.md.
#
#   bench/questions.sh [tiny|quick|full] [--runs N] [--keep]     1M, 10M (the default), 100M events; 7 runs
#
# Every answer must be the same in both, or nothing is reported. The SQL stands beside each question, for anyone to improve.
# CHARTLINE_BENCH_FOLDER names the folder to work in; a store that is there already (--keep) is used again.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

size=quick runs=7 keep=no
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
  tiny) patients=10000 ;;
  quick) patients=100000 ;;
  full) patients=1000000 ;;
esac

programs=${CHARTLINE_BENCH_PROGRAMS:-build/release}
work=${CHARTLINE_BENCH_FOLDER:-${TMPDIR:-/tmp}}/chartline-questions-$size
results=$work/results.tsv
mkdir -p "$work"
end() { if [[ $keep == yes ]]; then echo "bench: kept: $work" >&2; else rm -rf "$work"; fi; }
trap end EXIT
say() { echo "bench: $(date +%T) $*" >&2; }
ask() { "$programs/question_bench" "$work/store" bench/questions "$@"; }

[[ -d bench/peers/node_modules/@duckdb ]] || npm install --prefix bench/peers --no-save --no-audit --no-fund >"$work/npm.log" 2>&1 ||
  { cat "$work/npm.log" >&2 && exit 1; }

if [[ ! -e $work/loaded ]]; then
  say "events of $patients patients"
  rm -rf "$work/store"
  "$programs/make_events" "$patients" >"$work/events.csv"
  "$programs/make_events" "$patients" --people >"$work/people.csv"
  say "load"
  "$programs/chartline" init --quiet --store "$work/store"
  "$programs/chartline" import --quiet --strict --no-originals --store "$work/store" --format events --source bench "$work/events.csv" "$work/people.csv"
  node bench/peers/questions.mjs load "$work/events.csv" "$work/people.csv" "$work/events.duckdb" >"$work/loaded.tsv"
  printf 'chartline\tdisk.bytes\t%s\n' "$(du --bytes --summarize "$work/store" | cut -f1)" >>"$work/loaded.tsv"
  wc --lines <"$work/events.csv" >"$work/events.count"
  rm "$work/events.csv" "$work/people.csv"
  date --utc +%FT%TZ >"$work/loaded_at"
  touch "$work/loaded"
fi

cp "$work/loaded.tsv" "$results"
say "questions, in turn with DuckDB"
node bench/peers/questions.mjs ask "$work/events.duckdb" bench/questions "$runs" chartline "$programs/question_bench" "$work/store" bench/questions >>"$results"

# The same alone, several rounds in turn: as before, with one thread, and while events come in.
alone() {
  local who=$1 names name run
  local -r asked=20
  shift
  names=$(for name in bench/questions/*.query; do for ((run = 0; run <= asked; ++run)); do basename "$name" .query; done; done)
  paste <(echo "$names") <(ask "$@" <<<"$names" | sed 's/^{"ms": \([0-9.]*\),.*/\1/') |
    awk -v who="$who" 'BEGIN {OFS = "\t"} $1 == last {print who, "question." $1 ".ms", $2} {last = $1}' >>"$results"
}
for round in 1 2 3; do
  say "alone, with one thread, with a live feed: round $round of 3"
  alone alone
  alone one_thread --threads 1
  alone fed --feed 1000
done
say "as of the end of the load"
sleep 3 | ask --feed 5000
printf 'as_of\tchanged\t%s\n' "$("$programs/chartline" query --quiet --store "$work/store" --format csv -e 'count exists any[local:feed]' | tail -n 1)" >>"$results"
node bench/peers/questions.mjs ask "$work/events.duckdb" bench/questions "$runs" as_of "$programs/question_bench" "$work/store" bench/questions \
  --as-of "$(cat "$work/loaded_at")" >>"$results"
node bench/question_report.mjs "$results" "$size" $(($(cat "$work/events.count") - 1)) "$runs" docs/benchmarks.md
say "written to docs/benchmarks.md"
