#!/bin/bash
# Runs every measurement of the comparison on a few patients, so that none rots: smoke.sh PROGRAMS. The figures mean nothing.
set -euo pipefail
programs=$1
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
here=$(dirname "$(readlink -f "$0")")
cd "$work"

"$programs/make_events" 50 >events.csv
"$programs/make_events" 50 --shuffled >shuffled.csv
cmp <(sort events.csv) <(sort shuffled.csv)
cmp events.csv <("$programs/make_events" 50)

for csv in events shuffled; do
  "$programs/store_bench" load "$csv.csv" "$csv" "$programs/chartline"
  "$programs/store_bench" sizes "$csv" 50 | tee "$csv.figures"
done
if [[ -x $programs/sqlite_peer ]]; then
  "$programs/sqlite_peer" load events.csv events.sqlite | tee sqlite.figures
  "$programs/sqlite_peer" timelines events.sqlite 50 100
fi
"$programs/store_bench" timelines events 50 100 100000
"$programs/store_bench" bounded_reads events
"$programs/store_bench" commits events loaded 50 4 1
"$programs/store_bench" fold log 10000 10
"$programs/store_bench" start_up log 10000
"$programs/storage_bench" storage 100

# The questions, by both executors: the same answers.
"$programs/make_events" 50 --people >people.csv
"$programs/chartline" init --quiet --store questions
"$programs/chartline" import --quiet --strict --no-originals --store questions --format events --source bench events.csv people.csv >import.log
"$programs/chartline" init --quiet --store shapes
"$programs/chartline" synth --patients 60 --into shapes >synth.log
ask() { for name in "$here/$1"/*.query; do basename "$name" .query; done | "$programs/question_bench" "$1" "$here/$1" "${@:2}" | sed 's/^{"ms": [0-9.]*, //'; }
for questions in questions shapes; do
  ask "$questions" | tee answers
  [[ $(wc -l <answers) == $(ls "$here/$questions"/*.query | wc -l) ]]
  cmp answers <(ask "$questions" --executor reference)
done

# Every store gives the same answers, whatever the order of the rows.
[[ $(awk -F'\t' '$2 == "fingerprint" {print $3}' ./*.figures | sort -u | wc -l) == 1 ]]

# The comparison: what stands in processes of its own answers every question, and the points, alike.
"$programs/chartline" synth --patients 60 --form narrow >narrow.csv
"$programs/chartline" synth --patients 60 --form people >who.csv
{ echo code && cut -d, -f3 narrow.csv | sed -n 's/^icd10|//p' | sort -u | sed -n 1,1000p; } >list.csv
seq 1 60 >asked.txt
"$programs/chartline" init --quiet --store compared
"$programs/chartline" import --quiet --strict --no-originals --store compared --format events --source bench narrow.csv who.csv >import.log
"$programs/chartline" codes import --quiet --store compared --name thousand --system icd10 --column code list.csv >codes.log
compared=$here/compare/questions
requests() { for name in "$compared"/*.query; do echo "question $(basename "$name" .query)"; done && printf 'points %s\n' whole_timeline last_year latest_values; }
answers() { sed -e 's|^{"ms": [^[]*||' | tr '\174' ':'; }  # without times; systems end with a colon
requests | "$programs/chartline_store" compared "$compared" asked.txt | answers >compared.answers
[[ $(wc -l <compared.answers) == $(requests | wc -l) ]]
if [[ -x $programs/sqlite_store ]]; then
  "$programs/sqlite_store" load narrow.csv who.csv list.csv compared.sqlite
  requests | "$programs/sqlite_store" serve compared.sqlite "$compared" asked.txt | answers >sqlite.answers
  sorted() { tr ']' '\n' <"$1" | tr -d ',[' | sort; }  # rows come in any order
  diff <(sorted compared.answers) <(sorted sqlite.answers)
  printf 'write 3\nbatch 2 5\nclients 2 0.1\nmixed 0.1\nmemory\n' | "$programs/sqlite_store" serve compared.sqlite "$compared" asked.txt
fi
printf 'write 3\nbatch 2 5\nclients 2 0.1\nmixed 0.1\nmemory\n' | "$programs/chartline_store" compared "$compared" asked.txt
