#!/bin/bash
# Asks all cohort definitions of a folder of Chartline in one process, and OHDSI's SQL of the same definitions of DuckDB.
#
#   bench/cohorts.sh [--runs N] [OMOP [DEFINITIONS [SQL]]]
#
# OMOP: a database as CSV (../shared/data/omop-gibleed); DEFINITIONS: circe JSON (../shared/data/ohdsi-phenotype-cohorts/cohorts).
# SQL: what SqlRender makes of each definition's SQL for DuckDB, NAME.sql beside NAME.json, which fills a table `cohort` under the
# id 1. The SQL is not ours to keep here; without it Chartline is asked alone. Where it is there, every definition must
# give the same rows in both, or nothing is reported.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

runs=5
[[ ${1:-} == --runs ]] && runs=${2:?--runs takes a number} && shift 2
omop=${1:-../shared/data/omop-gibleed} definitions=${2:-../shared/data/ohdsi-phenotype-cohorts/cohorts} sql=${3:-}
programs=${CHARTLINE_BENCH_PROGRAMS:-build/release}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { echo "bench: $(date +%T) $*" >&2; }

say "load"
"$programs/chartline" init --quiet --store "$work/store"
"$programs/chartline" import --quiet --store "$work/store" --format omop "$omop" >"$work/import.log" 2>&1
"$programs/chartline" cohort import --quiet --store "$work/store" --as-circe circe "$definitions"/*.json
mapfile -t names < <("$programs/chartline" cohort list --store "$work/store" --format csv | tail -n +2)

say "${#names[@]} cohorts together, $runs times"
for ((run = 0; run < runs; ++run)); do
  "$programs/chartline" cohort run --store "$work/store" "${names[@]}" --format ndjson --timer >"$work/rows.ndjson" 2>"$work/time"
  printf 'chartline\tcohorts.%s.s\t%s\n' "${#names[@]}" "$(grep -o '^[0-9.]*' "$work/time")"
done
[[ -n $sql ]] || exit 0

[[ -d bench/peers/node_modules/@duckdb ]] || npm install --prefix bench/peers --no-save --no-audit --no-fund >"$work/npm.log" 2>&1 ||
  { cat "$work/npm.log" >&2 && exit 1; }
say "their SQL in DuckDB"
printf '%s\n' "${names[@]}" >"$work/names"
node bench/peers/cohorts.mjs "$omop" "$sql" "$work/names" "$work/rows.ndjson" "$runs"
