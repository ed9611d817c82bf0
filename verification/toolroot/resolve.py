# SPDX-License-Identifier: Apache-2.0
"""From what is wanted to exact packages: the whole lock anew, or only what left the mirror."""

import fnmatch

from common import Failure, say
from index import Index, alternatives
from lockfile import Entry

HINT = "make toolchain-relock; or set BULKHEAD_CACHE to a directory with the baseline's packages"


def preferences(wanted):
    """apt pins: the root's suite by default, single packages from other suites."""
    lines = []
    for suite, patterns in wanted["root"]["pins"].items():
        lines.append(f"Package: {' '.join(patterns)}\nPin: release n={suite}\n"
                     "Pin-Priority: 1001\n")
    lines.append(f"Package: *\nPin: release n={wanted['root']['suite']}\nPin-Priority: 990\n")
    lines.append("Package: *\nPin: release n=sid\nPin-Priority: -1\n")
    return "\n".join(lines)


def entry_of(group, record, wanted):
    patterns = wanted["qualified"]["packages"]
    qualified = any(fnmatch.fnmatch(record["Package"], pattern) for pattern in patterns)
    return Entry(group, record["Package"], record["Architecture"], record["Version"],
                 "qualified" if qualified else "support", wanted["suites"][record["suite"]],
                 record["suite"], int(record["Size"]), record["SHA256"], record["Filename"])


def resolve_root(index, wanted):
    """apt's own solver against an empty system; its answer is looked up again by hash."""
    status, out, err = index.apt("apt-get", "install", "--print-uris", "-y", "-q", "-o",
                                 "Acquire::ForceHash=SHA256", "-o",
                                 "APT::Install-Recommends=false", "-o",
                                 f"APT::Default-Release={wanted['root']['suite']}",
                                 *wanted["root"]["packages"])
    hashes = [line.rsplit("SHA256:", 1)[1].strip() for line in out.splitlines()
              if line.startswith("'") and "SHA256:" in line]
    if status != 0 or not hashes:
        raise Failure("E0806", f"the root does not resolve: {err.strip()[-300:]}",
                      "see wanted.toml, [root] and [root.pins]")
    order = list(wanted["suites"])
    first = {}
    for record in sorted(index.records, key=lambda record: order.index(record["suite"])):
        first.setdefault(record["SHA256"], record)
    return [entry_of("root", first[digest], wanted) for digest in hashes]


def need(index, package, suite, architectures):
    record = index.newest(package, suite, architectures)
    if record is None:
        raise Failure("E0806", f"{suite} has no {package}", "see wanted.toml")
    return record


def named_like(index, record, prefix, suite, architectures):
    """The package with a name beginning so that a record depends on."""
    for options in alternatives(record):
        for name in sorted(options):
            if name.startswith(prefix):
                return need(index, name, suite, architectures)
    raise Failure("E0806", f"{record['Package']} depends on no {prefix}*", "see wanted.toml")


def resolve_kernel(index, group, wanted):
    """Image and headers of one ABI, found through what linux-headers-arm64 depends on."""
    suite = wanted["kernels"][group]["suite"]
    meta = need(index, "linux-headers-arm64", suite, ("arm64",))
    headers = named_like(index, meta, "linux-headers-", suite, ("arm64",))
    release = headers["Package"].removeprefix("linux-headers-")
    records = [headers, need(index, f"linux-image-{release}", suite, ("arm64",)),
               named_like(index, headers, "linux-headers-", suite, ("all",)),
               named_like(index, headers, "linux-kbuild-", suite, ("amd64",))]
    return [entry_of(group, record, wanted) for record in records]


def resolve_arm64(index, wanted):
    named = [package.split(":") for package in wanted["arm64"]["packages"]]
    return [entry_of("arm64", need(index, package, wanted["arm64"]["suite"], (arch,)), wanted)
            for package, arch in named]


def relock(places, wanted, archives):
    """The whole lock anew."""
    index = Index(places, wanted["suites"], archives, preferences(wanted))
    entries = resolve_root(index, wanted) + resolve_arm64(index, wanted)
    for group in wanted["kernels"]:
        entries += resolve_kernel(index, group, wanted)
    return entries


def substitute(places, wanted, archives, entries, gone):
    """Replace what left the mirror by the suite's present version: (entries, list of moves).

    All packages of one source move together. A kernel group moves as a whole, as its package
    names carry the version.
    """
    suites = {entry.suite: wanted["suites"][entry.suite] for entry in gone}
    say(f"{len(gone)} packages are no longer on the mirror; reading the index of "
        f"{', '.join(suites)}")
    index = Index(places, suites, archives)
    kernels = {entry.group for entry in gone} & set(wanted["kernels"])
    sources = {entry.source for entry in gone}
    kept, moves = [], []
    for entry in entries:
        if entry.group in kernels:
            continue
        if entry.source in sources:
            record = index.newest(entry.package, entry.suite, (entry.architecture,))
            if record is None:
                raise Failure("E0806", f"{entry.package} {entry.version} left the mirror and "
                              f"{entry.suite} has no other version", HINT)
            new = entry_of(entry.group, record, wanted)
            moves += [(entry, new)] if new != entry else []
            kept.append(new)
        else:
            kept.append(entry)
    for group in sorted(kernels):
        fresh = resolve_kernel(index, group, wanted)
        moves += pair(sorted(entry for entry in entries if entry.group == group), fresh)
        kept += fresh
    return complete(index, kept, moves, wanted), moves


def pair(old, new):
    """Old and new packages of a kernel group, matched by the kind of package."""
    def kind(entry):
        return entry.package.split("-")[1], entry.architecture
    by_kind = {kind(entry): entry for entry in new}
    return [(entry, by_kind[kind(entry)]) for entry in old]


def complete(index, entries, moves, wanted):
    """A newer version may need a package that the lock lacks: add it from the same suite."""
    queue = [new for _, new in moves if new.group == "root"]
    names = {entry.package for entry in entries if entry.group == "root"}
    by_hash = {record["SHA256"]: record for record in index.records}
    while queue:
        entry = queue.pop()
        for options in alternatives(by_hash[entry.sha256]):
            if options & (names | provided(index, names)):
                continue
            record = next(filter(None, (index.newest(name, entry.suite)
                                        for name in sorted(options))), None)
            if record is None:
                raise Failure("E0806", f"{entry.package} {entry.version} needs "
                              f"{' or '.join(sorted(options))}", HINT)
            added = entry_of("root", record, wanted)
            names.add(added.package)
            entries = entries + [added]
            moves.append((None, added))
            queue.append(added)
    return entries


def provided(index, names):
    found = set()
    for record in index.records:
        if record["Package"] in names and "Provides" in record:
            found |= {item.strip().split(" ")[0] for item in record["Provides"].split(",")}
    return found

