#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeded defects for the setup gate: each must be refused, or marked, in the way demanded.

Works offline on a small archive of its own, signed by a throw-away key, in build/tmp.
"""

import contextlib
import functools
import http.server
import io
import json
import os
import shutil
import sys
import threading
import tomllib
from unittest import mock

import lockfile
import mirror
import provers
import selftest_archive
import setup
from common import HERE, Failure, Places

AREA = Places().build / "tmp/toolroot-selftest"

LIAR = """\
[main]
magic = 14

[prover]
name = "Z3"
shortcut = "z3"
version = "4.8.12"
command = "/usr/bin/echo unsat"
driver = "/usr/share/why3/drivers/z3_471.drv"
editor = ""
in_place = false
interactive = false
"""


class Bench:
    """Two archives (old and new version of one package), a lock on the old one, empty places."""

    def __init__(self, name, wanted, maker=selftest_archive.tools_archive, versions=("1+a~1", "2")):
        self.base = AREA / name
        self.wanted = wanted
        self.old, self.new = self.base / "old", self.base / "new"
        self.entries = maker(self.old, versions[0], Places())
        maker(self.new, versions[1], Places())
        self.places = Places(self.base / "build", self.base / "lock", self.old / "keyring.gpg")
        lockfile.write(self.places.lock, self.entries)
        self.extra = {}

    def updated(self):
        """The same places, facing the archive in which the locked version is gone."""
        self.places = Places(self.places.build, self.places.lock, self.new / "keyring.gpg")
        return f"file://{self.new}"

    def run(self, uri=None, strict=False):
        """Outcome of one setup: its record, or the error ID."""
        env = {"BULKHEAD_MIRROR": uri or f"file://{self.old}", "BULKHEAD_CACHE": "",
               "no_proxy": "127.0.0.1", **self.extra}
        with mock.patch.dict(os.environ, env), contextlib.redirect_stderr(io.StringIO()), \
                contextlib.redirect_stdout(io.StringIO()):
            try:
                setup.setup(self.places, self.wanted, strict)
            except Failure as failure:
                return failure.ident
        return json.loads(self.places.record.read_text())

    def package(self, archive=None):
        return (archive or self.old) / "pool" / self.entries[0].filename


@contextlib.contextmanager
def served(directory):
    """The archive over HTTP on this host's loopback, so that a lost package is a real 404."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format, *args):  # pylint: disable=redefined-builtin
            pass

    handler = functools.partial(Quiet, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def flip(path, position=-20):
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(bytes(data))


def expect(actual, wanted):
    return "" if actual == wanted else f"expected {wanted}, got {actual}"


def clean(wanted):
    bench = Bench("clean", wanted)
    record = bench.run()
    if not isinstance(record, dict) or not record["baseline"] or record["moved"]:
        return f"not the baseline: {record}"
    before = (bench.places.tools / "arm64").stat().st_ino
    bench.run()
    return expect((bench.places.tools / "arm64").stat().st_ino, before)


def corrupt_cache(wanted):
    bench = Bench("corrupt-cache", wanted)
    bench.places.cache.mkdir(parents=True)
    shutil.copy(bench.package(), bench.places.cache)
    flip(bench.places.cache / bench.package().name)
    return expect(bench.run(), "E0801") or expect((bench.places.tools / "arm64").exists(), False)


def corrupt_given_cache(wanted):
    bench = Bench("corrupt-given-cache", wanted)
    given = bench.base / "given"
    given.mkdir()
    shutil.copy(bench.package(), given / f"{bench.entries[0].sha256}.deb")
    flip(given / f"{bench.entries[0].sha256}.deb")
    bench.extra = {"BULKHEAD_CACHE": str(given)}
    return expect(bench.run(), "E0801")


def corrupt_mirror(wanted):
    bench = Bench("corrupt-mirror", wanted)
    flip(bench.package())
    return expect(bench.run(), "E0801")


def version_gone(wanted):
    bench = Bench("version-gone", wanted)
    bench.updated()
    with served(bench.new) as uri:
        record = bench.run(uri)
    if not isinstance(record, dict):
        return f"expected amber, got {record}"
    moved = [(line["package"], line["from"], line["to"]) for line in record["moved"]]
    text = (bench.places.tools / "arm64/busybox").read_text()
    return (expect(record["baseline"], False) or expect(text, "busybox 2")
            or expect(moved, [("busybox-static", "busybox-static 1+a~1", "2")])
            or expect(bench.run(strict=True), "E0807"))


def version_gone_strict(wanted):
    bench = Bench("version-gone-strict", wanted)
    return (expect(bench.run(bench.updated(), strict=True), "E0807")
            or expect((bench.places.tools / "arm64").exists(), False))


def package_gone(wanted):
    bench = Bench("package-gone", wanted)
    uri = bench.updated()
    paragraph = selftest_archive.make_package(bench.new / "pool", "other", "1", "all", {})
    selftest_archive.publish(bench.new, [paragraph], Places())
    return expect(bench.run(uri), "E0806")


def bad_signature(wanted):
    bench = Bench("bad-signature", wanted)
    uri = bench.updated()
    inrelease = bench.new / "dists/trixie/InRelease"
    inrelease.write_text(inrelease.read_text().replace("Origin: self-test", "Origin: forged"))
    return expect(bench.run(uri), "E0804")


def foreign_key(wanted):
    bench = Bench("foreign-key", wanted)
    return expect(bench.run(f"file://{bench.new}"), "E0804")


def forged_index(wanted):
    bench = Bench("forged-index", wanted)
    uri = bench.updated()
    flip(bench.new / "dists/trixie/main/binary-arm64/Packages")
    return expect(bench.run(uri), "E0804")


def kernel_renamed(wanted):
    bench = Bench("kernel-renamed", wanted, selftest_archive.kernel_archive,
                  ("6.12.1", "6.12.2"))
    env = {"BULKHEAD_MIRROR": bench.updated(), "BULKHEAD_CACHE": ""}
    with mock.patch.dict(os.environ, env), contextlib.redirect_stderr(io.StringIO()), \
            contextlib.redirect_stdout(io.StringIO()):
        files, moved = setup.obtain(bench.places, wanted, bench.entries, False)
    names = sorted(entry.package for entry in files)
    return expect(names, ["linux-headers-6.12.2-arm64", "linux-headers-6.12.2-common",
                          "linux-image-6.12.2-arm64", "linux-kbuild-6.12.2"]) \
        or expect(len(moved), 4)


def mirror_silent(wanted):
    bench = Bench("mirror-silent", wanted)
    return expect(bench.run("http://127.0.0.1:9"), "E0802")


def lock_damaged(wanted):
    bench = Bench("lock-damaged", wanted)
    bench.places.lock.write_text(bench.places.lock.read_text().replace(" debian trixie ", " "))
    return expect(bench.run(), "E0806")


def lock_empty(wanted):
    bench = Bench("lock-empty", wanted)
    bench.places.lock.write_text("# nothing\n")
    return expect(bench.run(), "E0806")


def host_lacks(wanted):
    bench = Bench("host-lacks", wanted)
    with mock.patch.object(mirror, "APT_HELPER", "/nonexistent"):
        return expect(bench.run(), "E0803")


def prover_verdict(name, config):
    """Self-test one prover with a configuration of Why3 written here; the error ID or passed."""
    area = AREA / "provers"
    area.mkdir(exist_ok=True)
    (area / f"{name}.conf").write_text(config)
    with contextlib.redirect_stdout(io.StringIO()):
        results = provers.self_test(Places(), (name,),
                                    {"WHY3CONFIG": str(area / f"{name}.conf")})
    try:
        provers.demand(results)
    except Failure as failure:
        return failure.ident
    return "passed"


def prover_lies(_):
    return expect(prover_verdict("z3", LIAR), "E0805")


def prover_mute(_):
    """cvc5 behind Why3's unchanged driver for CVC4: listed, and proves nothing."""
    config = (Places().root / "usr/share/bulkhead/why3.conf").read_text()
    return expect(prover_verdict("cvc5", config.replace(
        "/usr/share/bulkhead/drivers/cvc5.drv", "/usr/share/why3/drivers/cvc4_17.drv")), "E0805")


def prover_absent(_):
    return expect(prover_verdict("z3", "[main]\nmagic = 14\n"), "E0805")


CASES = (clean, corrupt_cache, corrupt_given_cache, corrupt_mirror, version_gone,
         version_gone_strict, package_gone, bad_signature, foreign_key, forged_index,
         kernel_renamed, mirror_silent, lock_damaged, lock_empty, host_lacks, prover_lies,
         prover_mute, prover_absent)


def main():
    with open(HERE / "wanted.toml", "rb") as stream:
        wanted = tomllib.load(stream)
    shutil.rmtree(AREA, ignore_errors=True)
    AREA.mkdir(parents=True)
    failed = 0
    for case in CASES:
        problem = case(wanted)
        failed += bool(problem)
        print(f"{'FAIL' if problem else 'ok  '} {case.__name__}"
              + (f": {problem}" if problem else ""), flush=True)
    shutil.rmtree(AREA)
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
