#!/bin/bash
# Counts the instructions of the hot paths (bench/hot_paths.cc) by callgrind, and compares them with those that are kept.
#
#   bench/instructions.sh [--keep] [PATH...]      --keep: these become the ones that are kept, in bench/instructions.tsv
#
# Each path is prepared, done twice to be warm, and then counted twice, with all its threads: what one event costs. Shown is
# every change of more than 5 %; where there is one, the exit code is 1. Counts depend on the compiler and the libraries, hardly
# on the machine, and not on what else it does. The profiles stay in build/instructions, for callgrind_annotate.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

keep=no paths=()
while (($# > 0)); do
  case $1 in
    --keep) keep=yes ;;
    -*) echo "bench: '$1' is neither --keep nor a path" >&2 && exit 2 ;;
    *) paths+=("$1") ;;
  esac
  shift
done
program=${CHARTLINE_BENCH_PROGRAMS:-build/release}/paths_bench kept=bench/instructions.tsv profiles=build/instructions
((${#paths[@]} > 0)) || mapfile -t paths < <("$program" --list)
mkdir -p "$profiles"

# counted PATH: instructions of one time
counted() {
  local log=$profiles/$1.log
  valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file="$profiles/$1.out" "$program" --repeat "$1" 2 >"$profiles/$1.events" 2>"$log" ||
    { tail -n 5 "$log" >&2 && exit 1; }
  echo $(($(sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$log") / 2))
}

new=$(mktemp) changed=0
trap 'rm -f "$new"' EXIT
printf '%-16s %12s %16s %16s %8s\n' path events "of an event" kept change
for path in "${paths[@]}"; do
  all=$(counted "$path")
  events=$(cat "$profiles/$path.events")
  each=$(awk -v d="$all" -v e="$events" 'BEGIN {printf "%.1f", d / e}')
  printf '%s\t%s\t%s\n' "$path" "$each" "$events" >>"$new"
  before=$(awk -F'\t' -v p="$path" '$1 == p {print $2}' "$kept" 2>/dev/null || true)
  if [[ -n $before ]]; then
    change=$(awk -v a="$each" -v b="$before" 'BEGIN {printf "%+.1f %%", 100 * (a / b - 1)}')
    mark=$(awk -v a="$each" -v b="$before" 'BEGIN {d = a / b - 1; print (d > 0.05 || d < -0.05) ? "  <- more than 5 %" : ""}')
    [[ -z $mark ]] || changed=1
  else
    change=new mark=''
  fi
  printf '%-16s %12s %16s %16s %8s%s\n' "$path" "$events" "$each" "${before:--}" "$change" "$mark"
done

if [[ $keep == yes ]]; then
  # Paths that were not counted now keep what they had.
  { printf '# path, instructions of an event, events; g++ %s\n' "$(g++ -dumpfullversion)"
    awk -F'\t' 'NR == FNR {seen[$1] = 1; next} !/^#/ && !($1 in seen)' "$new" <(cat "$kept" 2>/dev/null)
    cat "$new"; } >"$kept.new"
  mv "$kept.new" "$kept"
  echo "bench: kept in $kept" >&2
elif ((changed)); then
  exit 1
fi
