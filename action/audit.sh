#!/usr/bin/env bash
# Audits a change and shows what it brings: in the log, at its lines, on the run's page, and in files
# for a comment and for code scanning. Whether the gate passed is the output `result`.
set -euo pipefail

folder=$RUNNER_TEMP/readiness
PATH=$folder/venv/bin:$PATH
export READINESS_CACHE_DIR=$folder/cache

# The full name of a branch: nobody can put a tag before it.
behind() { echo "refs/remotes/origin/$1..."; }

# The commit to compare with; nothing where the whole repository is judged.
base() {
	if [ -n "$BASE" ]; then
		[ "$BASE" = none ] || echo "$BASE"
	elif [ -n "${GITHUB_BASE_REF:-}" ]; then
		behind "$GITHUB_BASE_REF"
	elif [ -n "$QUEUE_BASE" ]; then
		echo "$QUEUE_BASE..."
	elif [ "$GITHUB_REF" != "refs/heads/$DEFAULT_BRANCH" ]; then
		behind "$DEFAULT_BRANCH"
	elif [ -n "${BEFORE//0/}" ]; then # a first push comes after zeros
		echo "$BEFORE..."
	fi
}

audit() { readiness audit --rev HEAD ${since:+"--since=$since"} "$@" -- "$AUDITED"; }

shows() { audit "$@" 2>/dev/null || [ $? -eq 1 ]; }

fail() {
	local text=${1//'%'/%25} newline=$'\n' return=$'\r'
	text=${text//"$return"/%0D}
	echo "::error title=readiness::${text//"$newline"/%0A}"
	exit "${2:-2}"
}

if [ "$GITHUB_EVENT_NAME" = pull_request_target ] &&
	[ "$(git -c safe.directory='*' -C "$AUDITED" rev-parse HEAD)" = "$GITHUB_SHA" ]; then
	fail "what is checked out is the branch that the change goes to, not the change: give actions/checkout its ref"
fi

since=$(base)
code=0
# What the repository's files say is text, and no command to the runner.
silence=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$silence"
audit 2>"$folder/said.txt" || code=$?
cat "$folder/said.txt"
echo "::$silence::"
[ "$code" -le 1 ] || fail "$(cat "$folder/said.txt")" "$code"

shows --format github
shows --format summary >>"$GITHUB_STEP_SUMMARY"
shows --format markdown --output "$folder/comment.md"
shows --format sarif --output "$folder/readiness.sarif"
{
	if [ "$code" = 0 ]; then echo result=passed; else echo result=failed; fi
	echo "sarif=$folder/readiness.sarif"
} >>"$GITHUB_OUTPUT"
