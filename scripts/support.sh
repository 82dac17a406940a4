# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#
# Shared by the scripts beside it, which set `root` and source it. Everything said here goes to stderr: stdout belongs to
# the program that is run.
# shellcheck shell=sh disable=SC2086,SC2154

say() { printf 'geolip: %s\n' "$*" >&2; }

# A package is written name=probe; the probe is a command, or the absolute path (or a pattern) of a file.
missing_packages() {
    for package in "$@"; do
        probe=${package#*=}
        case $probe in
            /*) ls -d $probe ;; # unquoted: a pattern
            *) command -v "$probe" ;;
        esac >/dev/null 2>&1 || printf '%s ' "${package%%=*}"
    done
}

install_packages() { # names
    if [ "$(id -u)" -eq 0 ]; then as_root=; else as_root=sudo; fi
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >"$log" 2>&1
}

# Makes sure of the packages named, downloading only what is missing. Where apt-get is unknown, says what to install.
need_packages() {
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        say "please install (Debian's names): $missing"
        exit 1
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
        say "neither root nor sudo here: please run apt-get install $missing"
        exit 1
    fi
    say "installing $missing"
    install_packages $missing || { $as_root apt-get update >"$log" 2>&1 && install_packages $missing; } || {
        cat "$log" >&2
        say "apt-get could not install $missing"
        exit 1
    }
}

# Runs a command, showing what it wrote only if it fails.
quietly() {
    "$@" >"$log" 2>&1 || {
        cat "$log" >&2
        say "failed: $*"
        exit 1
    }
}

# configure <build folder> <cmake argument>...; a build folder that came from elsewhere is begun anew.
configure() {
    build=$1
    shift
    grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/CMakeCache.txt" 2>/dev/null || rm -rf "$build"
    quietly cmake -S "$root" -B "$build" -G Ninja "$@"
}

mkdir -p "$root/build" || exit 1
log=$(mktemp "${TMPDIR:-/tmp}/geolip.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
