# SPDX-License-Identifier: Apache-2.0
"""MISRA gate: cppcheck's addon and GCC's warnings on the kernel; deviations by record only.

A finding is accepted only through a record DEV-nn of MISRA-deviations.md: either named in the
line's suppression comment, or by the record's scope. A record that accepts nothing fails too.
"""
import fnmatch
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

import ctokens
import kernel

RECORD = re.compile(r"^## (DEV-\d{2,3})\b.*$", re.MULTILINE)
FIELD = re.compile(r"^- \*\*(\w+)\*\*: (.+?)(?=^- \*\*|\Z)", re.MULTILINE | re.DOTALL)
FIELDS = ("Rule", "Kind", "Scope", "Rationale", "Risk", "Status", "Approver")
COMMENT = re.compile(r"cppcheck-suppress\b")
GOOD_COMMENT = re.compile(r"cppcheck-suppress ([\w.-]+) ; (DEV-\d{2,3})\b")
UNREAD = {"syntaxError", "internalError", "internalAstError", "cppcheckError", "unknownMacro",
          "preprocessorErrorDirective", "missingInclude", "misra-config", "noValidConfiguration",
          "internalErrorOnTheFly", "premium-internalError"}
IGNORED = {"checkersReport", "toomanyconfigs", "missingIncludeSystem", "unusedStructMember",
           "normalCheckLevelMaxBranches"}


@dataclass
class Record:
    """One record of MISRA-deviations.md."""
    name: str
    fields: dict
    uses: int = 0
    places: list = field(default_factory=list)

    def covers(self, rule, path):
        """Whether this project-wide record accepts a finding."""
        if self.fields.get("Kind") != "project" or rule not in self.fields.get("Rule", "").split():
            return False
        scope = re.findall(r"`([^`]+)`", self.fields.get("Scope", ""))
        return any(fnmatch.fnmatch(path, pattern) for pattern in scope)


def read_records(ctx, result):
    """The records by name; malformed ones are failures."""
    text = ctx.need("MISRA-deviations.md", "it holds the deviation records").read_text()
    found = {}
    starts = list(RECORD.finditer(text))
    for i, start in enumerate(starts):
        end = starts[i + 1].start() if i + 1 < len(starts) else len(text)
        body = re.split(r"^## ", text[start.end():end], maxsplit=1, flags=re.MULTILINE)[0]
        fields = {k: " ".join(v.split()) for k, v in FIELD.findall(body)}
        name = start.group(1)
        missing = [f for f in FIELDS if not fields.get(f)]
        result.check(not missing and name not in found and fields["Kind"] in ("project", "inline"),
                     f"{name}: repeated, of unknown kind, or without {', '.join(missing)}")
        found[name] = Record(name, fields)
    return found


def read_comments(ctx, result, names, records):
    """Every suppression comment names a rule and a record of that rule."""
    for name in names:
        text = (ctx.repo / name).read_text()
        for token in ctokens.tokens(text, directives=True):
            if token.kind != "comment" or not COMMENT.search(token.text):
                continue
            good = GOOD_COMMENT.search(token.text)
            record = records.get(good.group(2)) if good else None
            fine = record is not None and good.group(1) in record.fields.get("Rule", "").split() \
                and record.fields.get("Kind") == "inline"
            result.check(fine, f"{name}:{token.line}: suppression without an inline record of its "
                               f"rule: {token.text[:80]}")
            if record:
                record.uses += 1
                record.places.append(f"{name}:{token.line}")


def cppcheck(ctx, k, names, arch):
    """Findings [(id, file, line, message)] and the files that were read."""
    build = ctx.repo / "build/tmp" / f"cppcheck-{arch}"
    build.mkdir(parents=True, exist_ok=True)
    options = ["--addon=misra", "--enable=warning,style,performance,portability,information",
               "--inline-suppr", "--std=c11", "--platform=arm64-wchar_t4", "--xml",
               "-D__aarch64__=1",
               # The suffix of a register variable; without this cppcheck cannot read the file.
               "-D__asm__(name)="]
    done = ctx.tool("cppcheck", *options, *k.includes(names[-1]),
                    f"--output-file={build / 'out.xml'}", *names)
    read = set(re.findall(r"^Checking (\S+?)(?: \.\.\.|:)", done.stdout, re.MULTILINE))
    findings = set()
    for error in ElementTree.parse(build / "out.xml").getroot().iter("error"):
        place = error.find("location")
        path = place.get("file") if place is not None else error.get("file0") or "?"
        line = int(place.get("line")) if place is not None else 0
        text = error.get("msg") if not error.get("id").startswith("misra") else ""
        findings.add((error.get("id"), path, line, text))
    return sorted(findings), read, done


def judge(result, findings, records):
    """Accept findings by record, fail the others."""
    for rule, path, line, text in findings:
        if rule in IGNORED:
            continue
        where = f"{path}:{line}: {rule} {text}".rstrip()
        if rule in UNREAD:
            result.check(False, f"not fully read by cppcheck: {where}")
            continue
        record = next((r for r in records.values() if r.covers(rule, path)), None)
        if record:
            record.uses += 1
            record.places.append(f"{path}:{line}")
        else:
            result.check(False, where)


def check_warnings(ctx, result, k, names):
    """GCC's warning set on every file."""
    commands = [[*k.compile(n), "-O2", "-c", n, "-o", "/dev/null"] for n in names]
    for name, (code, output) in zip(names, kernel.batch(ctx, commands)):
        result.check(code == 0, f"{name}: gcc: {output.strip()[:400]}")
    result.tools["aarch64-linux-gnu-gcc"] = ctx.tool_version("aarch64-linux-gnu-gcc")


def check_rules(ctx, result, k, records, sets):
    """cppcheck over the target's and the host's set of files."""
    result.tools["cppcheck"] = ctx.tool_version("cppcheck")
    for arch, names, own in sets:
        findings, read, done = cppcheck(ctx, k, names, arch)
        for name in names:
            if own in name:
                result.check(name in read, f"{name}: cppcheck did not check it: "
                             f"{done.stdout.strip()[-200:]}")
        judge(result, [f for f in findings if own in f[1] or f[0] in UNREAD], records)


def check(ctx, result):
    """The whole gate."""
    k = kernel.Kernel(ctx.repo)
    target, host = k.files("kernel"), []  # the fake machine is test equipment
    result.check(bool(target), "no source file of the kernel was found")
    records = read_records(ctx, result)
    read_comments(ctx, result, k.files("kernel", "headers"), records)
    sets = [("target", target, "")]
    if host:
        core = [n for n in target if n.startswith("src/core/")]
        sets.append(("host", core + host, "src/arch/host/"))
    check_rules(ctx, result, k, records, sets)
    check_warnings(ctx, result, k, target)
    for record in records.values():
        result.check(record.uses > 0, f"{record.name}: accepts no finding any more; withdraw it")
    accepted = sum(r.uses for r in records.values())
    result.data["records"] = {r.name: {"rule": r.fields.get("Rule"), "kind": r.fields.get("Kind"),
                                       "uses": r.uses, "places": sorted(r.places)}
                              for r in records.values()}
    result.note(f"{len(target) + len(host)} files, {len(records)} records accept {accepted} "
                "findings")
