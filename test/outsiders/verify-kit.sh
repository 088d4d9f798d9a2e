#!/bin/sh
# Checks an unpacked kit by one signer's public key, with openssl, sed, grep and coreutils alone.
#   sh verify-kit.sh FOLDER PUBLIC_KEY.pem BUNDLE
set -eu
folder=$1 key=$2 bundle=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

refuse() {
  echo "refused: $1"
  exit 3
}

# A string of the bundle (JSON without white space; base64 and media types need no escapes).
field() {
  sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$bundle"
}

signed() {
  case $(openssl pkey -pubin -in "$key" -noout -text) in
  ED25519*) openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$work/encoded" -sigfile "$work/signature" ;;
  *prime256v1*) openssl dgst -sha256 -verify "$key" -signature "$work/signature" "$work/encoded" ;;
  *) return 1 ;;
  esac
}

field payload | openssl base64 -d -A >"$work/payload"
field sig | openssl base64 -d -A >"$work/signature"
kind=$(field payloadType)
{
  printf 'DSSEv1 %d %s %d ' "${#kind}" "$kind" "$(wc -c <"$work/payload")"
  cat "$work/payload"
} >"$work/encoded"
signed || refuse signature

[ "$kind" = application/vnd.in-toto+json ] || refuse type
grep -qF '"predicateType":"urn:sealpost:kit:v1"' "$work/payload" || refuse type
cd "$folder"
for name in offline-kit.json SHA256SUMS; do
  sum=$(sha256sum "$name" | cut -d' ' -f1)
  grep -qF "{\"digest\":{\"sha256\":\"$sum\"},\"name\":\"$name\"}" "$work/payload" || refuse "subject $name"
done
sha256sum -c SHA256SUMS || refuse sums
