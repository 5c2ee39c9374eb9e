#!/bin/bash
# Asks the questions of bench/shapes, one for each shape that a question may have, of Chartline and of DuckDB in turn, and writes their
# times into docs/benchmarks.md.
#
#   bench/shapes.sh [tiny|quick|full] [--runs N] [--keep]     synthetic people: 10,000, 100,000 (the default), 1,000,000; 7 runs
#
# Every answer must be the same in both, or nothing is reported. Where there is no SQL beside a question, Chartline is asked alone.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
questions=shapes
source bench/beside_duckdb.sh

if [[ ! -e $work/loaded ]]; then
  say "records of $patients people"
  rm -rf "$work/store"
  "$programs/chartline" synth --patients "$patients" >"$work/events.csv"
  load events
fi

cp "$work/loaded.tsv" "$results"
beside_duckdb chartline
node bench/shape_report.mjs "$results" "$size" $(($(cat "$work/events.count") - 1 - patients)) "$runs" docs/benchmarks.md
say "written to docs/benchmarks.md"
