#!/bin/bash
# Proves `make run` and `make test` in an empty Debian 12 that has python3, python3-venv, make and git, and nothing else:
# a fresh root made by debootstrap, a clone of the last commit, an ordinary user, processes of its own.
#
#   sudo scripts/clean_root.sh            both; takes some minutes and needs ports 8000 and the demonstration base's
#   sudo scripts/clean_root.sh run        only make run: first start, planned stop, second start
#   sudo scripts/clean_root.sh test       only make test
#
# KEEP=1 keeps the root for a look; ROOT=<folder> uses a root that was kept, with a fresh clone in it.
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd)
parts=${*:-run test}
[[ $(id -u) -eq 0 ]] || { echo "chroot needs root: sudo $0 $parts" >&2; exit 1; }

if [[ "${1:-}" != --inside ]]; then
    command -v debootstrap >/dev/null || { echo "debootstrap is missing: apt-get install debootstrap" >&2; exit 1; }
    root=${ROOT:-$(mktemp -d /tmp/clean-root.XXXXXX)}
    [[ -n ${KEEP:-}${ROOT:-} ]] || trap 'rm -rf --one-file-system "$root"' EXIT
    if [[ ! -e $root/usr/bin/make ]]; then
        echo "== making the root in $root"
        debootstrap --variant=minbase --include=python3,python3-venv,make,git,ca-certificates bookworm "$root" >"$root.log" \
            || { tail "$root.log" >&2; exit 1; }
        rm -f "$root.log"
        chmod 755 "$root"  # mktemp's folder is its owner's alone, and the ordinary user has to live in this one
        chroot "$root" useradd --create-home engineer
    fi
    # What this machine needs to reach its package sources comes along at run time.
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    rm -rf "$root/home/engineer/greenhouse"
    git clone --quiet "file://$project" "$root/home/engineer/greenhouse"
    chroot "$root" chown -R engineer: /home/engineer/greenhouse
    # Own mounts and own processes: nothing outlives this script.
    status=0
    unshare --mount --pid --fork --kill-child "$0" --inside "$root" $parts || status=$?
    exit $status
fi

root=$2
parts=${*:3}
mount --make-rprivate /
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"

kept=(HOME=/home/engineer USER=engineer PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8)
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY PIP_INDEX_URL npm_config_registry; do
    [[ -z ${!name:-} ]] || kept+=("$name=${!name}")
done
if [[ -n ${SSL_CERT_FILE:-} ]]; then
    certificates=/etc/ssl/certs/ca-certificates.crt
    kept+=("SSL_CERT_FILE=$certificates" "PIP_CERT=$certificates" "NODE_EXTRA_CA_CERTS=$certificates")
fi

# Runs a bash program as the ordinary user in the clone.
inside() {
    chroot --userspec=engineer "$root" /usr/bin/env -i "${kept[@]}" \
        /bin/bash -euo pipefail -c "cd ~/greenhouse; $1"
}

# Starts the base, waits until the console's login page answers, says how long that took.
timed_start='
    began=$(date +%s.%N)
    make run >run.log 2>&1 &
    make=$!
    until python3 -c "
import sys, urllib.request
sys.exit(urllib.request.urlopen(\"http://127.0.0.1:8000/login\", timeout=2).status != 200)" 2>/dev/null; do
        kill -0 $make 2>/dev/null || { cat run.log; exit 1; }
        sleep 0.2
    done
    echo "console answered after $(python3 -c "import time; print(round(time.time() - $began, 1))") s"
'
stop='
    make stop
    wait $make || true
'

for part in $parts; do
    case $part in
        run)
            echo "== make run in $(inside '. /etc/os-release; echo $PRETTY_NAME, $(python3 --version)')"
            inside "$timed_start cat run.log; sleep 20; make status; $stop"
            echo "== make run again"
            inside "$timed_start $stop"
            ;;
        test)
            echo "== make test"
            inside 'make test 2>&1 | tail -n 25'
            ;;
        *)
            echo "unknown part: $part" >&2
            exit 1
            ;;
    esac
done
