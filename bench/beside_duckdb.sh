# What questions.sh and shapes.sh have in common; each sources it from the project's folder, having set `questions` to the folder under bench/
# that holds its questions. Takes their arguments:
#
#   [tiny|quick|full] [--runs N] [--keep]     10,000, 100,000 (the default), 1,000,000 patients; 7 runs
#
# CHARTLINE_BENCH_FOLDER names the folder to work in; a store that is there already (--keep) is used again.
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
work=${CHARTLINE_BENCH_FOLDER:-${TMPDIR:-/tmp}}/chartline-$questions-$size
results=$work/results.tsv
mkdir -p "$work"
end() { if [[ $keep == yes ]]; then echo "bench: kept: $work" >&2; else rm -rf "$work"; fi; }
trap end EXIT
say() { echo "bench: $(date +%T) $*" >&2; }

[[ -d bench/peers/node_modules/@duckdb ]] || npm install --prefix bench/peers --no-save --no-audit --no-fund >"$work/npm.log" 2>&1 ||
  { cat "$work/npm.log" >&2 && exit 1; }

# load NAME...: $work/NAME.csv into both stores, then away; the first has the events.
load() {
  local name tables=()
  say "load"
  for name in "$@"; do tables+=("$name=$work/$name.csv"); done
  "$programs/chartline" init --quiet --store "$work/store"
  "$programs/chartline" import --quiet --strict --no-originals --store "$work/store" --format events --source bench "${tables[@]#*=}"
  node bench/peers/questions.mjs load "bench/peers/${questions}_tables.sql" "$work/events.duckdb" "${tables[@]}" >"$work/loaded.tsv"
  printf 'chartline\tdisk.bytes\t%s\n' "$(du --bytes --summarize "$work/store" | cut -f1)" >>"$work/loaded.tsv"
  wc --lines <"$work/$1.csv" >"$work/events.count"
  rm "${tables[@]#*=}"
  date --utc +%FT%TZ >"$work/loaded_at"
  touch "$work/loaded"
}

# beside_duckdb WHO ARGUMENT...: the figures of all questions, ours under WHO.
beside_duckdb() {
  say "$questions, in turn with DuckDB"
  node bench/peers/questions.mjs ask "$work/events.duckdb" "bench/$questions" "$runs" "$1" "$programs/question_bench" "$work/store" "bench/$questions" "${@:2}" >>"$results"
}
