#!/bin/sh
# Tells what a model takes, and what it answers to the tables in a JSON file.
#
#     samples/curl/ask.sh http://127.0.0.1:8080/predictions/tabular-risk model_zoo/tabular-risk/sample.json
set -eu

curl -sS --fail-with-body -X POST "$1"
echo
curl -sS --fail-with-body -H 'Content-Type: application/json' -H 'Accept: application/json' --data-binary "@$2" "$1"
echo
