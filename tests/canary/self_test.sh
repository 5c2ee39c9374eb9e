#!/bin/bash
# The search finds a leak wherever it is, and nothing where there is none.
set -euo pipefail
search=$(dirname "$0")/search.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo '{"time":"2026-11-26T15:04:05.123Z","level":"info","event":"login"}' >"$folder/log-1.txt"
echo 'chartline_logins_total 3' >"$folder/metrics-1.txt"
echo 'no patient is seen under this identifier' >"$folder/error-1.txt"
"$search" "$folder"
for leak in '{"level":"info","event":"login","user":"Ptarmigan-ann"}' 'chartline_calls{patient="ptarmigan"} 1' 'no patient canary-zed'; do
  for file in log metrics error; do
    cp "$folder/$file-1.txt" "$folder/kept"
    echo "$leak" >>"$folder/$file-1.txt"
    ! "$search" "$folder" >/dev/null || { echo "not noticed in $file: $leak"; exit 1; }
    mv "$folder/kept" "$folder/$file-1.txt"
  done
done
"$search" "$folder"
