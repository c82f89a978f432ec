#!/bin/sh
# Makes the calls of the single-page app with curl. Start `npm run dev` first, then run
# `sh examples/calls.sh`. API is the base URL of the server.
set -eu
API=${API:-http://localhost:6060}

call() { # <route> [<persona>]
  if [ $# -eq 1 ]; then
    curl -sS -w ' %{http_code}\n' "$API/api/messages/$1"
  else
    token=$(npm run --silent token -- "$2")
    curl -sS -w ' %{http_code}\n' -H "Authorization: Bearer $token" "$API/api/messages/$1"
  fi
}

call public
call protected
call protected user
call admin user
call admin admin
