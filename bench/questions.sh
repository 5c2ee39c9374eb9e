#!/bin/bash
# Asks the questions of bench/questions of Chartline and of DuckDB in turn, and writes their times into docs/benchmarks.md.
#
#   bench/questions.sh [tiny|quick|full] [--runs N] [--keep]     1M, 10M (the default), 100M events; 7 runs
#
# Every answer must be the same in both, or nothing is reported. The SQL stands beside each question, for anyone to improve.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
questions=questions
source bench/beside_duckdb.sh
ask() { "$programs/question_bench" "$work/store" bench/questions "$@"; }

if [[ ! -e $work/loaded ]]; then
  say "events of $patients patients"
  rm -rf "$work/store"
  "$programs/make_events" "$patients" >"$work/events.csv"
  "$programs/make_events" "$patients" --people >"$work/people.csv"
  load events people
fi

cp "$work/loaded.tsv" "$results"
beside_duckdb chartline

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
beside_duckdb as_of --as-of "$(cat "$work/loaded_at")"
node bench/question_report.mjs "$results" "$size" $(($(cat "$work/events.count") - 1)) "$runs" docs/benchmarks.md
say "written to docs/benchmarks.md"
