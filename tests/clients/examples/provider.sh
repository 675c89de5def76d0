#!/usr/bin/env bash
# The README's example for a shell.
set -euo pipefail

oauth-mimic --port 0 --log off > mimic.out &
trap 'kill %1' EXIT
until grep -q '^listening on' mimic.out; do sleep 0.05; done
mimic=$(sed -n 's/^listening on //p' mimic.out)

# One sandbox a test: its base URL stands for a provider of its own.
provider=$(curl --silent --fail -X POST "$mimic/_mimic/sandboxes" | sed 's/.*"base_url":"\([^"]*\)".*/\1/')
curl --silent --fail -u client-default:client-default-secret \
    -d grant_type=refresh_token -d refresh_token=REFRESH_TOKEN "$provider/connect/oauth/token"
