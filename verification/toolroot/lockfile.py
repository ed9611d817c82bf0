# SPDX-License-Identifier: Apache-2.0
"""The lock: one line per package with its exact version, place in the pool, size and SHA-256."""

import dataclasses
import posixpath

from common import Failure

HEADER = """\
# SPDX-License-Identifier: Apache-2.0
#
# Written by `make toolchain-relock` from wanted.toml; review the diff, do not edit by hand.
# group tier package version architecture archive suite size sha256 pool-path
"""


@dataclasses.dataclass(frozen=True, order=True)
class Entry:
    group: str
    package: str
    architecture: str
    version: str
    tier: str
    archive: str
    suite: str
    size: int
    sha256: str
    path: str

    @property
    def filename(self):
        return posixpath.basename(self.path)

    @property
    def source(self):
        """Packages of one source share a pool directory and move to a new version together."""
        return self.group, self.suite, posixpath.dirname(self.path)

    def line(self):
        return " ".join((self.group, self.tier, self.package, self.version, self.architecture,
                         self.archive, self.suite, str(self.size), self.sha256, self.path))


def parse_line(line):
    group, tier, package, version, arch, archive, suite, size, sha256, path = line.split()
    if len(sha256) != 64 or path.startswith("/") or ".." in path:
        raise ValueError("bad hash or path")
    return Entry(group, package, arch, version, tier, archive, suite, int(size), sha256, path)


def read(path):
    """All entries of a lock file; a line that does not parse is refused, never skipped."""
    entries = []
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise Failure("E0806", f"cannot read the lock {path.name}: {error.strerror}",
                      "restore it from the repository") from error
    for number, line in enumerate(lines, 1):
        if line and not line.startswith("#"):
            try:
                entries.append(parse_line(line))
            except ValueError as error:
                raise Failure("E0806", f"{path.name}:{number}: not a lock line ({error})",
                              "restore it from the repository") from error
    if not entries:
        raise Failure("E0806", f"{path.name} names no package", "restore it from the repository")
    return entries


def write(path, entries):
    path.write_text(HEADER + "".join(entry.line() + "\n" for entry in sorted(entries)))


def by_group(entries):
    groups = {}
    for entry in entries:
        groups.setdefault(entry.group, []).append(entry)
    return groups
