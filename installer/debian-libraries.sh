#!/bin/sh
# Installs the Debian libraries that Qt wants, where they are missing and this user may; else names the command to run.
# Usage: debian-libraries.sh offscreen|window
set -eu

libraries="libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libglib2.0-0"
if [ "${1:-offscreen}" = window ]; then
    libraries="$libraries libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 \
libxcb-shape0 libxcb-util1 libxcb-xkb1 libxkbcommon-x11-0"
fi

command -v dpkg-query >/dev/null 2>&1 || exit 0
missing=""
for library in $libraries; do
    # Debian 13 calls libglib2.0-0 by another name that provides this one.
    if ! dpkg-query -W -f '${Status} ${Provides}\n' "$library" "${library}t64" 2>/dev/null | grep -q "ok installed"; then
        missing="$missing $library"
    fi
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then
    run=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    run="sudo"
else
    echo "Some system libraries are missing. Run this once, then the same make command again: sudo apt-get install$missing" >&2
    exit 1
fi
echo "Installing system libraries:$missing"
export DEBIAN_FRONTEND=noninteractive
$run apt-get -qq update
# shellcheck disable=SC2086 # a list of names
$run apt-get -qq install --yes --no-install-recommends $missing >/dev/null
