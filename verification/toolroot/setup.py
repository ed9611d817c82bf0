#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make setup: fetch, verify and unpack the locked tools into build/tools.

Nothing is installed on the host. A second call finds its stamps and ends at once.
"""

import argparse
import fcntl
import json
import os
import shutil
import sys
import tomllib

import kernels
import mirror
import provers
import resolve
import unpack
from common import HERE, Failure, Places, in_root, megabytes, say, sha256_file, sha256_text, warn
import lockfile

# Raised when the unpacked result changes though the lock did not.
LAYOUT = 1

VERSIONS = {
    "gcc": ["gcc", "--version"],
    "aarch64-linux-gnu-gcc": ["aarch64-linux-gnu-gcc", "--version"],
    "ld": ["aarch64-linux-gnu-ld", "--version"],
    "qemu-system-aarch64": ["qemu-system-aarch64", "--version"],
    "cppcheck": ["cppcheck", "--version"],
    "gcovr": ["gcovr", "--version"],
    "frama-c": ["frama-c", "-version"],
    "why3": ["why3", "--version"],
    "z3": ["z3", "--version"],
    "cvc4": ["cvc4", "--version"],
    "cvc5": ["cvc5", "--version"],
    "doxygen": ["doxygen", "--version"],
    "dot": ["dot", "-V"],
    "gdb-multiarch": ["gdb-multiarch", "--version"],
    "clang-format": ["clang-format-19", "--version"],
    "python3": ["python3", "--version"],
    "make": ["make", "--version"],
}


def check_host(places):
    """One line for everything that this host lacks."""
    needed = {"apt-get": "apt", "dpkg-deb": "dpkg", "tar": "tar", "gpgv": "gpgv"}
    lacking = [package for program, package in needed.items() if shutil.which(program) is None]
    if not os.access(mirror.APT_HELPER, os.X_OK):
        lacking.append("apt")
    if not places.keyring.is_file():
        lacking.append("debian-archive-keyring")
    if shutil.which("bwrap") is None and not (os.geteuid() == 0 and shutil.which("unshare")):
        lacking.append("bubblewrap")
    if sys.version_info < (3, 11):
        lacking.append("python3 (3.11 or later)")
    if os.uname().machine != "x86_64":
        lacking.append(f"an amd64 processor (this is {os.uname().machine})")
    if lacking:
        raise Failure("E0803", f"this host lacks {', '.join(dict.fromkeys(lacking))}",
                      "as root: verification/toolroot/host-prereq.sh")


def load_record(places):
    try:
        return json.loads(places.record.read_text())
    except (OSError, ValueError):
        return {}


def save_record(places, record):
    places.tools.mkdir(parents=True, exist_ok=True)
    partial = places.record.with_suffix(".new")
    partial.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    os.replace(partial, places.record)


def group_key(entries, wanted, group):
    """What the unpacked group depends on; a stamp with this key says that it is in place."""
    lines = "".join(entry.line() + "\n" for entry in sorted(entries))
    rules = (wanted["root"]["unpack"] if group == "root"
             else [wanted["kernel-modules"], wanted["kernels"].get(group)])
    return sha256_text(f"{LAYOUT}\n{json.dumps(rules)}\n{lines}")


def prover_key(places, group_keys):
    sources = ("provers.py", "why3.conf", "selftest/prover.c")
    return sha256_text(group_keys["root"] + "".join(sha256_file(HERE / name) for name in sources))


def moved_line(old, new):
    return {"package": new.package, "group": new.group, "tier": new.tier, "suite": new.suite,
            "from": f"{old.package} {old.version}" if old else "", "to": new.version}


def obtain(places, wanted, entries, strict):
    """Every package as a verified file; what left the mirror is replaced and named."""
    files, gone = mirror.obtain(entries, places.cache)
    moves = []
    if gone and strict:
        raise Failure("E0807", f"{len(gone)} packages of the lock are gone from the mirror, first "
                      f"{gone[0].package} {gone[0].version}", resolve.HINT)
    if gone:
        uris = mirror.archives()
        entries, moves = resolve.substitute(places, wanted, uris, entries, gone)
        shutil.rmtree(places.tools / "apt")
        files, gone = mirror.obtain(entries, places.cache, uris)
    if gone:
        raise Failure("E0802", f"the mirror's index names {gone[0].filename}, its pool lacks it",
                      "wait until the mirror is in sync, or use another")
    for old, new in moves:
        warn(f"not the baseline: {moved_line(old, new)['from'] or 'added'} -> "
             f"{new.package} {new.version} ({new.tier})")
    return files, [moved_line(old, new) for old, new in moves]


def build_group(group, files, places, wanted):
    if group == "root":
        unpack.build_root(files, places, wanted["root"]["unpack"]["exclude"])
    elif group == "arm64":
        kernels.build_arm64(files, places)
    else:
        extra = wanted["kernels"][group].get("modules", [])
        kernels.build_kernel(group, files, places, wanted["kernel-modules"]["names"] + extra)


def bring_up(places, wanted, entries, keys, record, strict):
    """Unpack the groups whose stamp does not fit; each stamp is written when its group stands."""
    groups = lockfile.by_group(entries)
    stale = [group for group in groups if record["groups"].get(group) != keys[group]
             or not (places.tools / group).is_dir()]
    needed = [entry for entry in entries if entry.group in stale]
    say(f"{', '.join(stale)}: {len(needed)} packages, "
        f"{megabytes(sum(entry.size for entry in needed))}")
    files, moved = obtain(places, wanted, needed, strict)
    record["moved"] = [line for line in record["moved"] if line["group"] not in stale] + moved
    for group in stale:
        record["groups"].pop(group, None)
        save_record(places, record)
        chosen = {entry: path for entry, path in files.items() if entry.group == group}
        build_group(group, chosen, places, wanted)
        record["groups"][group] = keys[group]
        save_record(places, record)


def tool_versions(places):
    versions = {}
    for name, command in VERSIONS.items():
        status, output = in_root(places, command)
        if status != 0:
            raise Failure("E0808", f"{name} does not run in the root: {output.strip()[:200]}",
                          "remove build/tools and run make setup again")
        versions[name] = output.strip().splitlines()[0]
    return versions


def check_provers(places, keys, record):
    key = prover_key(places, keys)
    if record.get("prover_key") != key:
        provers.configure(places)
        record["provers"] = provers.self_test(places)
        record["prover_key"] = ""
        save_record(places, record)
        provers.demand(record["provers"])
        record["prover_key"] = key


def is_current(places, keys, record):
    return (record.get("groups") == keys and record.get("tools")
            and record.get("prover_key") == prover_key(places, keys)
            and all((places.tools / group).is_dir() for group in keys))


def setup(places, wanted, strict=False):
    """The whole of make setup; gives back the record that it also writes."""
    entries = lockfile.read(places.lock)
    keys = {group: group_key(members, wanted, group)
            for group, members in lockfile.by_group(entries).items()}
    record = load_record(places)
    if not is_current(places, keys, record):
        check_host(places)
        record = {"groups": {}, "moved": [], **record, "tools": {}}
        if any(record["groups"].get(group) != key or not (places.tools / group).is_dir()
               for group, key in keys.items()):
            bring_up(places, wanted, entries, keys, record, strict)
        if "root" in keys:
            check_provers(places, keys, record)
            record["tools"] = tool_versions(places)
        record["lock_sha256"] = sha256_file(places.lock)
        record["baseline"] = not record["moved"]
        save_record(places, record)
        say(f"the tools stand, {len(entries)} packages")
    report(record, strict)
    return record


def report(record, strict):
    if record["baseline"]:
        return
    warn(f"AMBER: not the baseline's tools, {len(record['moved'])} packages moved "
         "(build/tools/setup.json)")
    if strict:
        raise Failure("E0807", "the tools are not the baseline's", resolve.HINT)


def relock(places, wanted):
    """Rewrite the lock and print what changes; the reviewer reads the diff."""
    old = {(entry.group, entry.package): entry for entry in
           (lockfile.read(places.lock) if places.lock.exists() else [])}
    entries = resolve.relock(places, wanted, mirror.archives())
    shutil.rmtree(places.tools / "apt")
    new = {(entry.group, entry.package): entry for entry in entries}
    for key in sorted(old.keys() | new.keys()):
        before = old[key].version if key in old else "-"
        after = new[key].version if key in new else "-"
        if old.get(key) != new.get(key):
            say(f"{key[0]} {key[1]}: {before} -> {after}")
    lockfile.write(places.lock, entries)
    say(f"{places.lock.name}: {len(entries)} packages, "
        f"{megabytes(sum(entry.size for entry in entries))}; review the diff and commit it")


def self_test_provers(places):
    results = provers.self_test(places)
    save_record(places, {**load_record(places), "provers": results})
    provers.demand(results)


def arguments():
    parser = argparse.ArgumentParser(prog="setup.py", description=__doc__)
    parser.add_argument("--strict", action="store_true",
                        help="fail unless the tools are exactly the lock's (make release)")
    parser.add_argument("--relock", action="store_true",
                        help="rewrite toolchain.lock from the suites' present state")
    parser.add_argument("--selftest-provers", action="store_true",
                        help="only run the provers' self-test")
    return parser.parse_args()


def main():
    options, places = arguments(), Places()
    with open(HERE / "wanted.toml", "rb") as stream:
        wanted = tomllib.load(stream)
    places.tools.mkdir(parents=True, exist_ok=True)
    with open(places.tools / ".lock", "w", encoding="ascii") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if options.relock:
            relock(places, wanted)
        elif options.selftest_provers:
            self_test_provers(places)
        else:
            setup(places, wanted, options.strict)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"setup: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
