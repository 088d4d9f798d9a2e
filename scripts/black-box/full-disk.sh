# A server on a small disk that fills up: full-disk.sh EXECUTABLE FOLDER, in a mount namespace of its own.
# Prints the answers to: an event; two on the full disk; /healthz; the second event again, with room; the first one again.
set -eu
exe=$1 base=$2 disk=$2/disk
mkdir "$disk"
mount -t tmpfs -o size=24m none "$disk"
"$exe" init --data "$disk/data" --site disk --json >"$base/init.json"
token=$(sed 's/.*"token":"\([^"]*\)".*/\1/' "$base/init.json")
SEALPOST_MIN_FREE_DISK=0 "$exe" serve --data "$disk/data" --listen 127.0.0.1:0 --json >"$base/ready.json" &
server=$!
for _ in $(seq 200); do [ -s "$base/ready.json" ] && break; sleep 0.05; done
url=$(sed 's/.*"url":"\([^"]*\)".*/\1/' "$base/ready.json")

post() {
  note=$(head -c 20000 /dev/urandom | base64 | tr -d '\n')
  printf '{"specversion":"1.0","id":"%s","source":"/disk","type":"t","severitytext":"info","data":{"note":"%s"}}' "$1" "$note" |
    curl -sS -o "$base/answer.json" -w '%{http_code} ' "$url/api/v1/events" \
      -H "authorization: Bearer $token" -H 'content-type: application/cloudevents+json' --data-binary @-
}

post 1
dd if=/dev/zero of="$disk/fill" bs=64k 2>/dev/null || true
post 2
post 3
curl -sS -o "$base/answer.json" -w '%{http_code} ' "$url/healthz"
rm "$disk/fill"
post 2
post 1
kill -TERM "$server"
wait "$server"
"$exe" ledger verify --data "$disk/data" >"$base/verify.out"
