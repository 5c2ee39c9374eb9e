#!/bin/bash
# A red team in one file: starts a server with a policy, users and tokens over the sample, attacks it from outside, and says of each
# attack whether it was held off. Anyone can run it:
#
#   tests/redteam/redteam.sh [build/release/chartline]
#
# Exit code 0 where every attack failed and the server still serves those who may come in.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
chartline=$(readlink -f "${1:-build/release/chartline}")
sample=$PWD/data/sample
work=$(mktemp --directory)
server=''
trap '[[ -z $server ]] || kill "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
cd "$work"
umask 077

held=0 broken=0
say() { # what, whether it was held off
  if [[ $2 == yes ]]; then ((++held)) && echo "held    $1"; else ((++broken)) && echo "BROKEN  $1"; fi
}
# Whether a command fails with this exit code, and tells nothing that it must not.
fails() { # what, exit code, command...
  local what=$1 code=$2 out status
  shift 2
  out=$("$@" 2>&1) && status=0 || status=$?
  if [[ $status == "$code" && $out != *canary* && $out != *"$seen"* ]]; then say "$what" yes; else say "$what (exit $status: ${out:0:120})" no; fi
}

# -- a store, keys, users and a policy
seen=7e684d3d-37d3-4b96-962d-6a592b051c48  # whom the clinician may see
"$chartline" init --quiet --store store
"$chartline" import --quiet --store store "$sample" >/dev/null
printf 'patient,time,code,value,unit,record\ncanary-patient,2024-03-01,local:canary,1,,r1\n' >canary.csv
"$chartline" import --quiet --store store --source OTHER canary.csv >/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out main.pem 2>/dev/null
mkdir keys && openssl pkey -in main.pem -pubout -out keys/main.pem 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out stranger.pem 2>/dev/null && mkdir strangers && cp stranger.pem strangers/main.pem
for user in alice:clinician rosa:planner oscar:operator; do
  echo 'correct horse battery' | "$chartline" user add --quiet --users users.toml --role "${user#*:}" --organisation RYJ "${user%:*}" 2>/dev/null
done
system=$("$chartline" timeline --store store "$seen" --format csv 2>/dev/null | sed -n 2p | cut -d, -f2)
printf 'holder,patient,from,to\nuser:alice,%s|%s,2020-01-01,2099-12-31\n' "$system" "$seen" >care-team.csv
openssl rand -hex 32 >project.key
cat >policy.toml <<'TOML'
version = 1
name = "red team"
[[relationships]]
name = "care team"
file = "care-team.csv"
[roles.clinician]
purposes = ["direct_care"]
relationships = ["care team"]
[roles.planner]
purposes = ["planning"]
disclosure = "nhs-hes"
[roles.operator]
purposes = ["operation"]
[opt_outs]
none = true
[deidentification]
key_file = "project.key"
TOML

"$chartline" serve --store store --policy policy.toml --users users.toml --token-keys keys --token-issuer local --token-audience care \
  --token-algorithms ES256 --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --log-level debug >serve.log 2>&1 &
server=$!
for ((i = 0; i < 100; ++i)); do grep -q 'metrics and health' serve.log && break || sleep 0.1; done
port=$(sed -n 's/^listening on .*port \([0-9]*\).*/\1/p' serve.log)
http=$(sed -n 's/^metrics and health on port \([0-9]*\).*/\1/p' serve.log)
ask() { CHARTLINE_PASSWORD=${password:-correct horse battery} "$chartline" "$@" --server "127.0.0.1:$port"; }
as() { ask "${@:2}" --user "$1"; }
token() { "$chartline" token --users users.toml --signing-key "$1" --token-issuer "$2" --token-audience "$3" --lifetime "$4" alice >token.jwt 2>/dev/null; }

# -- who may come in does
name=$(as alice timeline "$seen" --role clinician --purpose direct_care --format csv | sed -n 2p | cut -d, -f1)
[[ $name == "$seen" ]] && say "a clinician reads a patient of theirs" yes || say "a clinician reads a patient of theirs" no
token main.pem local care 600
ask timeline "$seen" --token token.jwt --role clinician --purpose direct_care --format csv >/dev/null && say "so by a token" yes || say "so by a token" no

# -- coming in
fails "no credential" 4 ask query -e 'count true'
fails "an unknown user" 4 as mallory query -e 'count true' --role clinician --purpose direct_care
password=wrong fails "a wrong password" 4 as alice query -e 'count true' --role clinician --purpose direct_care
fails "a role that the user has not" 4 as alice query -e 'count true' --role operator --purpose operation
fails "a purpose that the role has not" 4 as alice query -e 'count true' --role clinician --purpose research
by_token() { ask timeline "$seen" --token token.jwt --role clinician --purpose direct_care; }
token strangers/main.pem local care 600 && fails "a token signed by a stranger under our key's name" 4 by_token
token main.pem other care 600 && fails "a token of another issuer" 4 by_token
token main.pem local elsewhere 600 && fails "a token for another audience" 4 by_token
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
now=$(date +%s)
claims() { printf '{"iss":"local","aud":"care","sub":"alice","roles":["clinician"],"exp":%s}' "$1" | base64url; }
forge() { # header, expiry, signature of "header.claims" on standard output
  local head
  head=$(printf '%s' "$1" | base64url)
  printf '%s.%s.%s' "$head" "$(claims "$2")" "$(printf '%s.%s' "$head" "$(claims "$2")" | $3)" >token.jwt
}
none() { cat >/dev/null; }
by_public_key() { openssl dgst -sha256 -hmac "$(cat keys/main.pem)" -binary | base64url; }
for alg in none None NONE nOnE; do
  forge "{\"alg\":\"$alg\",\"kid\":\"main\"}" $((now + 600)) none
  fails "alg=$alg" 4 by_token
done
forge '{"alg":"HS256","typ":"JWT","kid":"main"}' $((now + 600)) by_public_key
fails "our public key as an HMAC secret" 4 by_token
token main.pem local care 1 && sleep 63
fails "a token that has expired" 4 by_token

# Whether a command succeeds, tells what it should, and nothing of whom it must not.
tells() { # what, a pattern that must be there, command...
  local what=$1 pattern=$2 out
  shift 2
  if out=$("$@" 2>&1) && [[ $out =~ $pattern && $out != *canary* ]]; then say "$what" yes; else say "$what (${out:0:120})" no; fi
}

token main.pem local care 600
fails "a role that a token's user has not" 4 ask timeline "$seen" --token token.jwt --role auditor --purpose operation

# -- seeing what is not to be seen
clinician() { as alice "$@" --role clinician --purpose direct_care; }
planner() { as rosa "$@" --role planner --purpose planning; }
fails "a guessed patient" 1 clinician timeline canary-patient
tells "an extract of everything" "$seen" clinician events --format csv
tells "a count of whom one may not see" $'^patients\n0$' clinician query -e 'count exists any[local:can*]' --format csv
tells "a plan" 'read,any' clinician query -e 'explain analyze count exists any[local:can*]' --format csv
fails "rows for a planner" 4 planner query -e 'list true'
fails "a timeline for a planner" 4 planner timeline "$seen"
fails "a plan for a planner" 4 planner query -e 'explain count true'
tells "a count of one person by a planner" '^patients$' planner query -e 'count exists any[local:can*]' --format csv
fails "writing by a clinician" 4 clinician import canary.csv
fails "the store's figures for a clinician" 4 clinician inspect stats

# -- hostile bytes
raw() { # port, bytes as printf has them
  (exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "$2" >&3 && timeout 2 cat <&3) 2>/dev/null | head -c 200
}
for bytes in '\xff\xff\xff\xff\xff\xff\xff\xff' '\x00\x00\x00\x00\xff\xff\xff\x7f' '\xff\x01\x00\x00\x00\x00\x00\x00' '\x00\x00\x00\x00\x00\x00\x80\x00' \
  'GET / HTTP/1.0\r\n\r\n' '\x00\x00\x00\x00\x04\x00\x00\x00'; do
  raw "$port" "$bytes" >/dev/null
done
head -c 100000 /dev/urandom >noise
(exec 3<>"/dev/tcp/127.0.0.1/$port" && cat noise >&3) 2>/dev/null
answer=$(raw "$http" 'GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n')$(raw "$http" 'POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')
[[ $answer != *"200 OK"* ]] && say "HTTP with a negative length, and with two lengths" yes || say "HTTP with a negative length, and with two lengths" no
for ((i = 0; i < 200; ++i)); do (exec 3<>"/dev/tcp/127.0.0.1/$port"; sleep 0.01) 2>/dev/null & done
wait $(jobs -p | grep -v "^$server$") 2>/dev/null
kill -0 "$server" 2>/dev/null && say "hostile bytes: the server lives" yes || say "hostile bytes: the server lives" no
[[ $(clinician timeline "$seen" --format csv | sed -n 2p | cut -d, -f1) == "$seen" ]] && say "and serves" yes || say "and serves" no

# -- what is told of people
metrics=$(exec 3<>"/dev/tcp/127.0.0.1/$http" && printf 'GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&3 && timeout 3 cat <&3)
[[ $metrics == *chartline_logins_total* && $metrics != *canary* && $metrics != *"$seen"* ]] && say "no patient in metrics" yes || say "no patient in metrics" no
grep -q '"event":"login"' serve.log && ! grep -qE "canary|$seen|alice" serve.log && say "no person in the log" yes || say "no person in the log" no

if [[ -n ${CHARTLINE_TELLINGS:-} ]]; then
  cp serve.log "$CHARTLINE_TELLINGS/redteam-log.txt"
  printf '%s\n' "$metrics" >"$CHARTLINE_TELLINGS/redteam-metrics.txt"
fi

# -- the end, and the audit
kill "$server" && wait "$server" 2>/dev/null
server=''
"$chartline" audit verify --store store >/dev/null 2>&1 && say "the audit is whole" yes || say "the audit is whole" no
denied=$("$chartline" audit show --store store --outcome denied --format csv | tail -n +2 | wc -l)
((denied >= 15)) && say "what was denied is in the audit ($denied entries)" yes || say "what was denied is in the audit ($denied entries)" no

entries=$("$chartline" audit show --store store --format csv | cut -d, -f4-8,18-)
[[ $entries == *login,denied,denied,alice,auditor,* ]] && say "by whom, where that was proved" yes || say "by whom, where that was proved" no
[[ $entries == *read-timeline,failed,not_found,alice,clinician,,canary-patient,* ]] && say "and after whom was looked" yes || say "and after whom was looked" no

echo "$held held, $broken broken"
((broken == 0))
