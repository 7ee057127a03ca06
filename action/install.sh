#!/usr/bin/env bash
# Installs readiness beside the job's own Python. Nothing of the audited repository is imported: no
# program here looks for modules in the folder that it is started in.
set -euo pipefail

folder=$RUNNER_TEMP/readiness
if [ "${RUNNER_OS:-}" = Windows ]; then
	echo "::error title=readiness::readiness runs on Linux and macOS, not on Windows"
	exit 2
fi
mkdir -p "$folder"
cd "$folder"
"$PYTHON" -I -m venv venv
pip=(venv/bin/python -I -m pip --disable-pip-version-check --quiet install)
if [ -n "$PACKAGE" ]; then
	"${pip[@]}" -- "$PACKAGE"
else
	"${pip[@]}" --require-hashes --only-binary :all: --requirement "$GITHUB_ACTION_PATH/action/requirements.txt"
	"${pip[@]}" --no-deps --no-build-isolation -- "$GITHUB_ACTION_PATH"
fi
venv/bin/readiness --version
