#!/bin/sh
# served.sh CHARTLINE STORE CLIENT: serves the store and runs the client with the server's address.
socket=$(mktemp -d)/socket
"$1" serve --store "$2" --open --listen "unix:$socket" &
server=$!
tries=0
while [ ! -S "$socket" ] && [ $tries -lt 100 ]; do tries=$((tries + 1)); sleep 0.1; done
"$3" "unix:$socket"
status=$?
kill $server && wait $server && rm -rf "$(dirname "$socket")"
exit $status
