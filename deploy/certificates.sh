#!/usr/bin/env bash
# Makes a certificate for the mail catcher of docker-compose.yml, and a folder by which the nodes trust it:
# Freehold sends no mail in the clear to another host. Run once by the service `certificates`.
set -euo pipefail
out=${1:?the folder to write to}
[ ! -e "$out/mailpit.pem" ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=freehold compose' \
  -addext 'keyUsage=critical,keyCertSign' -keyout "$work/ca.key" -out "$work/ca.pem"
openssl req -new -newkey rsa:2048 -nodes -subj '/CN=mailpit' -keyout "$work/mailpit.key" -out "$work/mailpit.csr"
openssl x509 -req -in "$work/mailpit.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 825 \
  -extfile <(printf 'subjectAltName=DNS:mailpit\nextendedKeyUsage=serverAuth\n') -out "$work/mailpit.pem"

mkdir -p "$out/trusted"
cp "$work/ca.pem" "$out/trusted/ca.pem"
openssl rehash "$out/trusted"
# The catcher does not run as root.
install -m 644 "$work/mailpit.key" "$out/mailpit.key"
install -m 644 "$work/mailpit.pem" "$out/mailpit.pem"
