#!/bin/bash
# Runs the tests on each supported Python: 3.11 in full, the newer ones without the browser's.
# Interpreters are found on PATH or among pyenv's. A missing one is named and makes the run fail at its end.
set -u -o pipefail
cd "$(dirname "$0")/.."

find_python() {
    local version=$1 candidate
    for candidate in "$(command -v "python$version")" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python; do
        # pyenv's shims are on PATH for versions that are not chosen; they fail when they are run.
        if [[ -n $candidate ]] && "$candidate" -c "import sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

results=()
failed=0
for version in 3.11 3.12 3.13; do
    if ! python=$(find_python "$version"); then
        results+=("Python $version: missing")
        failed=1
        continue
    fi
    selection=(-m "not browser")
    [[ $version == 3.11 ]] && selection=()
    log=$(mktemp)
    echo "== Python $version ($python)"
    if make setup VENV=".venvs/$version" PYTHON="$python" \
        && ".venvs/$version/bin/pytest" -q "${selection[@]}" "$@" 2>&1 | tee "$log"; then
        results+=("Python $version: $(tail -n 1 "$log")")
    else
        results+=("Python $version: FAILED $(tail -n 1 "$log")")
        failed=1
    fi
    rm -f "$log"
done
echo
printf '%s\n' "${results[@]}"
exit $failed
