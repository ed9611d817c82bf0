#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the host itself must bring; everything else is in the tool root. As root this installs it,
# as any other user it names in one line what is missing (status 1).
set -eu

missing=
need() { # PROGRAM PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

needfile() { # FILE PACKAGE
    [ -e "$1" ] || missing="$missing $2"
}

look() {
    missing=
    need bwrap bubblewrap
    need python3 python3
    need make make
    need git git
    need tar tar
    need gpgv gpgv
    need unshare util-linux
    need dpkg-deb dpkg
    need apt-get apt
    needfile /usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring
    needfile /etc/ssl/certs/ca-certificates.crt ca-certificates
}

look
if [ -n "$missing" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "host-prereq: installing$missing"
    apt-get update -qq
    # shellcheck disable=SC2086  # one word per package
    DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing >/dev/null
    look
fi
if [ -n "$missing" ]; then
    echo "host-prereq: E0803 this host lacks:$missing; hint: as root: apt-get install$missing" >&2
    exit 1
fi
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "host-prereq: E0803 $(python3 --version) is too old; hint: Debian 12 brings 3.11" >&2
    exit 1
fi
