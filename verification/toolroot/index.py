# SPDX-License-Identifier: Apache-2.0
"""What the suites hold at present, read through a private apt that touches nothing of the host.

apt verifies each InRelease file with the archive keyring and each Packages file by its hash. A
suite that does not verify is an error here, never a warning.
"""

import os
import re

from common import Failure, capture

APT_CONF = """\
Dir::Etc::SourceList "{base}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "{base}/preferences";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::Lists "{base}/lists";
Dir::State::Status "{base}/status";
Dir::State::extended_states "{base}/extended_states";
Dir::Cache "{base}/cache";
Dir::Log "{base}";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; "arm64"; }};
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
"""


class Index:
    """The verified package lists of some suites. Records are dicts of the fields used here."""

    FIELDS = ("Package", "Version", "Architecture", "Filename", "Size", "SHA256", "Depends",
              "Pre-Depends", "Provides")

    def __init__(self, places, suites, archives, preferences=""):
        self.base = places.tools / "apt"
        self.suites = suites
        self.records = []
        (self.base / "lists/partial").mkdir(parents=True, exist_ok=True)
        (self.base / "cache/archives/partial").mkdir(parents=True, exist_ok=True)
        (self.base / "status").write_text("")
        (self.base / "preferences").write_text(preferences)
        (self.base / "sources.list").write_text("".join(
            f"deb [signed-by={places.keyring}] {archives[archive]} {suite} main\n"
            for suite, archive in suites.items()))
        (self.base / "apt.conf").write_text(APT_CONF.format(base=self.base))
        self.update()

    def apt(self, *command):
        return capture(command, {"APT_CONFIG": str(self.base / "apt.conf")})

    def update(self):
        status, out, err = self.apt("apt-get", "update", "-q=2", "-o",
                                    "APT::Update::Error-Mode=any")
        if status != 0:
            lines = [line for line in (err + out).splitlines() if line.startswith(("E:", "W:"))]
            raise Failure("E0804", f"the index of {', '.join(self.suites)} is not there or not "
                          f"signed by the archive: {(lines or ['no answer'])[0]}",
                          "check the mirror, the clock and debian-archive-keyring")
        self.read()

    def read(self):
        _, out, _ = self.apt("apt-get", "indextargets", "--format", "$(RELEASE) $(FILENAME)",
                             "Created-By: Packages")
        for line in out.splitlines():
            suite, path = line.split(maxsplit=1)
            status, text, _ = self.apt("/usr/lib/apt/apt-helper", "cat-file", path)
            if status != 0 or not text:
                raise Failure("E0804", f"the package list of {suite} is empty",
                              "check the mirror")
            self.records += self.parse(suite, text)

    def parse(self, suite, text):
        field = re.compile(rf"^({'|'.join(self.FIELDS)}): (.*)$", re.MULTILINE)
        for paragraph in text.split("\n\n"):
            record = dict(field.findall(paragraph))
            if "Filename" in record:
                yield {**record, "suite": suite}

    def newest(self, package, suite, architectures=("amd64", "all")):
        """The highest version of a package in a suite, or None."""
        found = [record for record in self.records
                 if record["Package"] == package and record["suite"] == suite
                 and record["Architecture"] in architectures]
        best = None
        for record in found:
            if best is None or newer(record["Version"], best["Version"]):
                best = record
        return best


def newer(first, second):
    return os.spawnlp(os.P_WAIT, "dpkg", "dpkg", "--compare-versions", first, "gt", second) == 0


def alternatives(record):
    """Dependencies of a record: a list of sets of package names, one of each set is needed."""
    clauses = []
    for field in ("Pre-Depends", "Depends"):
        for clause in filter(None, record.get(field, "").split(",")):
            clauses.append({re.split(r"[ :(]", option.strip())[0]
                            for option in clause.split("|")})
    return clauses
