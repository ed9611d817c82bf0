# SPDX-License-Identifier: Apache-2.0
"""Bytes from the mirror: which mirror this host uses, and fetching packages by their hash.

The host's own apt does the transport, so that its proxies, certificates and methods apply.
"""

import os
import pathlib
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, unquote

from common import Failure, capture, megabytes, say, sha256_file

APT_HELPER = "/usr/lib/apt/apt-helper"
CHUNK = 60
DEBIAN_SUITES = {"bookworm", "trixie", "forky", "sid", "oldstable", "stable", "testing",
                 "unstable"}
GONE = (" 404 ", " File not found ")


def configured():
    """The archives in the host's apt configuration, one-line and deb822 files alike.

    apt itself reads the files; with --print-uris it fetches nothing and needs no rights.
    """
    found = {}
    _, out, _ = capture(["apt-get", "update", "--print-uris"])
    for uri, release in re.findall(r"^'(.+)/dists/([^']+)/main/binary-", out, re.MULTILINE):
        if release in DEBIAN_SUITES:
            found.setdefault("debian", plain(uri))
        elif release.partition("-")[0] in DEBIAN_SUITES and release.endswith("-security"):
            found.setdefault("debian-security", plain(uri))
    return found


def plain(uri):
    """A mirror list (mirror+file:) names its mirrors in a file; the first of them is taken."""
    if uri.startswith("mirror+file:"):
        lines = pathlib.Path(uri.removeprefix("mirror+file:").rstrip("/")).read_text().split()
        uri = next((word for word in lines if "://" in word), uri)
    return uri.rstrip("/")


def archives():
    """URI of each archive: BULKHEAD_MIRROR ("debian-uri [security-uri]") or the host's own."""
    given = os.environ.get("BULKHEAD_MIRROR", "").split()
    found = dict(zip(("debian", "debian-security"), (word.rstrip("/") for word in given)))
    found = found or configured()
    if "debian" not in found:
        raise Failure("E0802", "this host's apt knows no Debian mirror",
                      "set BULKHEAD_MIRROR to the URI of one")
    found.setdefault("debian-security", found["debian"] + "-security")
    return found


def names(entry):
    """The file names under which a package may lie in a cache."""
    version = quote(entry.version, safe="+~.-")
    return (entry.sha256, f"{entry.sha256}.deb", unquote(entry.filename), entry.filename,
            f"{entry.package}_{version}_{entry.architecture}.deb")


def cached(entry, directories):
    for directory in directories:
        for name in names(entry):
            if (directory / name).is_file():
                return directory / name
    return None


def check(entry, path):
    """Bytes that do not match the lock stop everything: they are never used, never replaced."""
    actual = sha256_file(path)
    if actual != entry.sha256:
        raise Failure("E0801", f"{path} has SHA-256 {actual[:16]}..., the lock says "
                      f"{entry.sha256[:16]}... for {entry.package} {entry.version}",
                      "remove the file if it is damaged; otherwise the mirror or cache is not "
                      "to be trusted")
    return path


def download(uris, directory):
    """Fetch (uri, name) pairs into a directory; give back the names that the mirror lacks."""
    arguments = [word for uri, name in uris for word in (uri, str(directory / name))]
    done = subprocess.run([APT_HELPER, "-q=2", "-o", "APT::Sandbox::User=root", "-o",
                           "Acquire::Retries=2", "download-file", *arguments],
                          capture_output=True, text=True, check=False)
    missing = [(uri, name) for uri, name in uris if not (directory / name).is_file()]
    # apt writes URIs in its own quoting, so they are compared by the plain file name.
    complaints = unquote(done.stdout + done.stderr).splitlines()
    for _, name in missing:
        about = [line for line in complaints if line.startswith("E:") and f"/{name} " in line]
        if not any(mark in line for line in about for mark in GONE):
            reason = (about or complaints or ["no answer"])[-1].strip()
            raise Failure("E0802", f"cannot fetch {name}: {reason}",
                          "check the network and the mirror, or set BULKHEAD_CACHE")
    return [name for _, name in missing]


def fetch_chunk(chunk, uris, cache):
    """Fetch some entries into the cache; give back those that the mirror no longer has."""
    partial = cache / "partial"
    partial.mkdir(parents=True, exist_ok=True)
    for entry in chunk:
        (partial / unquote(entry.filename)).unlink(missing_ok=True)
    pairs = [(f"{uris[entry.archive]}/{quote(entry.path, safe='/~.-_:')}",
              unquote(entry.filename)) for entry in chunk]
    missing = set(download(pairs, partial))
    gone = []
    for entry in chunk:
        name = unquote(entry.filename)
        if name in missing:
            gone.append(entry)
        else:
            os.replace(check(entry, partial / name), cache / name)
    return gone


def obtain(entries, cache, uris=None):
    """All entries as verified files: ({entry: path}, entries gone from the mirror)."""
    extra = os.environ.get("BULKHEAD_CACHE", "")
    directories = [pathlib.Path(extra), cache] if extra else [cache]
    missing = [entry for entry in entries if cached(entry, directories) is None]
    total = sum(entry.size for entry in missing)
    gone, done = [], 0
    for start in range(0, len(missing), CHUNK):
        uris = uris or archives()
        chunk = missing[start:start + CHUNK]
        lost = fetch_chunk(chunk, uris, cache)
        gone += lost
        done += sum(entry.size for entry in chunk if entry not in lost)
        say(f"fetched {start + len(chunk) - len(gone)} of {len(missing)} packages, "
            f"{megabytes(done)} of {megabytes(total)}"
            + (f", {len(gone)} are gone from the mirror" if gone else ""))
    present = [entry for entry in entries if entry not in gone]
    with ThreadPoolExecutor(2) as pool:
        paths = pool.map(lambda entry: check(entry, cached(entry, directories)), present)
        files = dict(zip(present, paths))
    return files, gone
