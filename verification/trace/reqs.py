# SPDX-License-Identifier: Apache-2.0
"""Requirement files: read, check against 00-schema.toml, lint, link."""
import re
import tomllib
from pathlib import Path


class Requirements:
    """All requirements of a checkout with what is wrong with them."""

    def __init__(self, repo):
        self.folder = Path(repo) / "requirements"
        self.schema = tomllib.loads((self.folder / "00-schema.toml").read_text())
        self.records, self.file_of, self.wrong = {}, {}, []
        for pattern in self.schema["files"]:
            paths = sorted(self.folder.glob(pattern))
            if not paths:
                self.wrong.append(f"requirements/{pattern}: no such file")
            for path in paths:
                self.read(path)
        for name, record in self.records.items():
            self.check(name, record)
        self.check_down()

    def read(self, path):
        """One file; the same ID in two files is an error."""
        try:
            data = tomllib.loads(path.read_text())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self.wrong.append(f"{path.name}: {error}")
            return
        for name, record in data.items():
            if not isinstance(record, dict):
                self.wrong.append(f"{path.name}: {name} is not a table")
            elif name in self.records:
                self.wrong.append(f"{path.name}: {name} stands in {self.file_of[name]} too")
            else:
                self.records[name] = record
                self.file_of[name] = path.name

    def level(self, name):
        """Level of an ID (HZ, SG, SYR, SWR), or None."""
        for key, level in self.schema["levels"].items():
            if re.fullmatch(level["pattern"], name):
                return key
        return None

    def active(self, *levels):
        """IDs of approved requirements of some levels, sorted."""
        return sorted(n for n, r in self.records.items()
                      if r.get("status") == "approved" and self.level(n) in levels)

    def children(self, name):
        """IDs that satisfy this one."""
        return sorted(n for n, r in self.records.items() if name in r.get("satisfies", [])
                      and r.get("status") != "retired")

    def check(self, name, record):
        """Form of one record."""
        key = self.level(name)
        where = f"{self.file_of[name]}: {name}"
        if key is None:
            self.wrong.append(f"{where} has no known form of ID")
            return
        level = self.schema["levels"][key]
        for need in level["required"]:
            if not record.get(need):
                self.wrong.append(f"{where} lacks {need}")
        known = set(level["required"]) | set(level["optional"])
        for extra in sorted(set(record) - known):
            self.wrong.append(f"{where} has the unknown key {extra}")
        if record.get("status") not in self.schema["status"]["values"]:
            self.wrong.append(f"{where} has the unknown status {record.get('status')}")
        self.check_links(where, record, level)
        self.check_methods(where, record)
        self.lint(where, record.get("text", ""), level["shall"])

    def check_links(self, where, record, level):
        """Parents exist, are of the right level and not retired."""
        for parent in record.get("satisfies", []):
            if parent not in self.records:
                self.wrong.append(f"{where} satisfies the unknown {parent}")
            elif self.level(parent) not in level["parents"]:
                self.wrong.append(f"{where} satisfies {parent}, which is of the wrong level")
            elif self.records[parent].get("status") == "retired":
                self.wrong.append(f"{where} satisfies {parent}, which is retired")

    def check_methods(self, where, record):
        """Methods are known; those that need gates name them."""
        for method in record.get("verify", []):
            if method not in self.schema["methods"]:
                self.wrong.append(f"{where} names the unknown method {method}")
            if method in ("gate", "static") and not record.get("gates"):
                self.wrong.append(f"{where} is verified by {method} and names no gates")
        if record.get("scope", "kernel") not in self.schema["scope"]["values"]:
            self.wrong.append(f"{where} has the unknown scope {record['scope']}")

    def lint(self, where, text, shall):
        """The wording of a requirement."""
        rules = self.schema["lint"]
        count = len(re.findall(r"\bshall\b", text))
        if shall and count != 1:
            self.wrong.append(f"{where}: its text has {count} 'shall', must have one")
        if not shall and count:
            self.wrong.append(f"{where}: a hazard demands nothing")
        if len(text.split()) > rules["max_words"]:
            self.wrong.append(f"{where}: its text has {len(text.split())} words, at most "
                              f"{rules['max_words']}")
        for weak in rules["weak"]:
            if re.search(rf"\b{re.escape(weak)}\b", text, re.IGNORECASE):
                self.wrong.append(f"{where}: '{weak}' cannot be verified")

    def check_down(self):
        """Nothing above software requirements without something below it."""
        for name in self.active("HZ", "SG", "SYR"):
            if self.children(name):
                continue
            if self.level(name) == "SYR" and set(self.records[name]["verify"]) & {"gate", "static"}:
                continue
            self.wrong.append(f"{self.file_of[name]}: {name} has nothing that satisfies it")
