#!/bin/sh
# Starts a server, makes a provider for one test, and refreshes a token there.
set -eu

# The server prints one line, with its address, when it is ready. The file is new in each run: an old one could hold the
# address of a server that is gone.
out=$(mktemp)
oauth-mimic --port 0 --log off >"$out" &
server=$!
stop() {
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    rm -f "$out"
}
# Some shells, dash among them, run the trap of EXIT only when the script ends by itself: a signal must end it that way.
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

until grep -q '^listening on ' "$out"; do
    kill -0 "$server" # ends the script when the server did not start
    sleep 0.05
done
mimic=$(sed -n 's/^listening on //p' "$out")

# A sandbox for one test: its base URL is the address of a provider of its own.
provider=$(curl --silent --fail -X POST "$mimic/_mimic/sandboxes" | sed 's/.*"base_url":"\([^"]*\)".*/\1/')
curl --silent --fail -u client-default:client-default-secret \
    -d grant_type=refresh_token -d refresh_token=REFRESH_TOKEN "$provider/connect/oauth/token"
