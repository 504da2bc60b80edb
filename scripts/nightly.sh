#!/usr/bin/env bash
# One night's work, from pull to report, for cron or systemd; docs/deploy.md has an example of each.
#
#   nightly.sh [--config FILE] [--workspace FOLDER] [--no-roles]
#
# Paths are as for `labeling`: from the folder in which it is started. Where the environment names no server
# (LABEL_STUDIO_URL), the workspace's own is started if it does not run, as after a reboot; --no-roles goes with that.
# LABELING names the program, by default the one of this checkout, else the first on the PATH. NIGHTLY_WAIT is for how
# many seconds it waits, by default 600, while another command is writing to the workspace.
#
# nightly.log in the workspace has what every verb said; its last line is how the night ended, and why. Exit status:
#   0 done, or nothing to do yet    2 it was called wrongly, and did nothing
#   1 it ended early                3 a person must look at something
set -uo pipefail

# Where cron has cut the environment down to nothing, programs and languages are found all the same.
export PATH="${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
HOME="${HOME:-$(echo ~)}"
export HOME
[ -n "${LC_ALL:-}${LC_CTYPE:-}${LANG:-}" ] || export LC_ALL=C.UTF-8
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

wrongly() {
  echo "nightly.sh: $1" >&2
  exit 2
}

# As `labeling` itself chooses.
config=configs/diplomatic.toml workspace="" roles=()
[ ! -e labeling.toml ] || config=labeling.toml
while (($#)); do
  case "$1" in
    --config | --workspace)
      [ -n "${2:-}" ] || wrongly "$1 needs a path"
      if [ "$1" = --config ]; then config=$2; else workspace=$2; fi
      shift 2
      ;;
    --no-roles)
      roles=(--no-roles)
      shift
      ;;
    -h | --help)
      sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *) wrongly "there is no option $1 (--help says which there are)" ;;
  esac
done
name=$(basename -- "$config")
workspace=${workspace:-exports/${name%.toml}}

program=${LABELING:-}
[ -n "$program" ] || program=$here/../.venv/bin/labeling
[ -n "${LABELING:-}" ] || [ -x "$program" ] || program=$(command -v labeling) || wrongly "labeling is not on the PATH: name it in LABELING"
command -v "$program" >/dev/null || wrongly "$program, which LABELING names, is not a program"
command -v flock >/dev/null || wrongly "flock is not on the PATH: it is part of util-linux"
# A folder that was mistyped stays as it is.
[ -d "$workspace" ] || wrongly "there is no workspace $workspace: \`labeling ingest\` makes one"

log=$workspace/nightly.log
touch -- "$log" || {
  echo "nightly.sh: $log cannot be written" >&2
  exit 1
}
# The one before is kept: a year of nights.
if [ "$(wc -c <"$log")" -gt 4000000 ]; then mv -f -- "$log" "$log.1"; fi

wait=${NIGHTLY_WAIT:-600}  # seconds, for another command that is writing to the workspace
[[ $wait =~ ^[0-9]+$ ]] || wrongly "NIGHTLY_WAIT is a number of seconds, and not $wait"
said=""   # what has to be looked at
little="" # what there is too little for yet
child=""  # the process of the verb at work
output=""

clock() { date -u +%Y-%m-%dT%H:%M:%SZ; }
note() { echo "$(clock) $1" >>"$log"; }
# Once only, whatever ends the night: a verb, a signal, or a fault of this script.
ended=""
finish() {
  local status=$1 reason=$2
  [ -z "$ended" ] || return 0
  ended=yes
  [ -z "$output" ] || rm -f -- "$output"
  reason=$(tr -s '[:space:]' ' ' <<<"$reason")
  note "Ended with status $status: ${reason% }" || status=1
  # Cron sends a mail of what is printed.
  ((status == 0)) || echo "nightly.sh, $workspace: ${reason% }" >&2
  exit "$status"
}
stopped() {
  [ -z "$child" ] || kill "$child" 2>/dev/null
  [ -z "$child" ] || wait "$child"
  finish 1 "it was ended by a signal"
}
trap 'finish 1 "it stopped in the middle"' EXIT
trap stopped HUP INT TERM

exec 9>"$workspace/.nightly.lock" || finish 1 "$workspace/.nightly.lock cannot be written"
flock -n 9 || finish 1 "another night is at work in $workspace"
output=$(mktemp) || finish 1 "no temporary file can be made"

# Run a verb, and wait while another command is writing to the workspace. Its output is in the log, and in $output.
run() {
  local status waited=0 pause=1
  note "labeling $*"
  while :; do
    # No verb inherits the lock: a server would hold it for as long as it runs. In the background, because a signal
    # would have to wait for what runs before us.
    "$program" --config "$config" --workspace "$workspace" "$@" >"$output" 2>&1 </dev/null 9>&- &
    child=$!
    wait "$child"
    status=$?
    child=""
    ((status == 1 && waited < wait)) && grep -q "^Error: another command is writing to " "$output" || break
    sleep "$pause" 9>&- &
    child=$!
    wait "$child"
    child=""
    ((waited += pause, pause = pause < 16 ? 2 * pause : 30))
  done
  cat -- "$output" >>"$log" || finish 1 "$log cannot be written"
  return "$status"
}

# What a verb says of its end: the error and the way out; else what it refused; else its last lines.
reason() {
  local told
  told=$(sed -n '/^Error: /,$p' "$output")
  [ -n "$told" ] || told=$(grep -E '^(quarantined|refused) ' "$output" | grep -vE ' (0|nothing)$')
  [ -n "$told" ] || told=$(grep -v '^ *$' "$output" | tail -n 3)
  echo "labeling $1: ${told#Error: }"
}

# Do a verb's part of the night, and end the night where nothing can be built on what the verb left.
step() {
  local status
  run "$@"
  status=$?
  if ((status == 3)); then
    said+="; $(reason "$1")"
  elif ((status)); then
    # The dataset of before stays the latest one until somebody has seen to what is in quarantine.
    if grep -qE "^Error: [0-9]+ things in quarantine" "$output"; then
      said+="; $(reason "$1")"
    elif grep -qE "^Error: no article (was submitted by two people|has usable gold)" "$output"; then
      little+="; $(reason "$1")"
    else
      finish 1 "$(reason "$1")"
    fi
  fi
}

note "Begun in $workspace"
if [ -z "${LABEL_STUDIO_URL:-}" ] && [ -d "$workspace/studio" ]; then step serve --detach "${roles[@]}"; fi
step pull --wait "$wait"
step adjudicate
step agree
step split
step compile
step report
[ -z "$said" ] || finish 3 "to be looked at: ${said#; }"
finish 0 "done${little:+; not yet: ${little#; }}"
