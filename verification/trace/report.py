# SPDX-License-Identifier: Apache-2.0
"""The static report: build/report/, opens from disk, complete without JavaScript, prints."""
import hashlib
import html
import json
import re
import shutil
import subprocess
from pathlib import Path

STYLE = """
:root{--ink:#1b1b1b;--dim:#555;--line:#bbb;--accent:#00509e}
body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);max-width:76rem;margin:1rem auto;
padding:0 1rem}
h1{font-size:1.5rem;margin:.3rem 0}h2{font-size:1.15rem;margin:1.4rem 0 .4rem;
border-bottom:1px solid var(--line)}
table{border-collapse:collapse;margin:.4rem 0}td,th{border:1px solid var(--line);
padding:.15rem .5rem;text-align:left;vertical-align:top}th{background:#f0f0f0}
td.n{text-align:right;font-variant-numeric:tabular-nums}
a{color:var(--accent)}code,pre{font:13px/1.35 ui-monospace,monospace}
pre{background:#f6f6f6;padding:.5rem;overflow-x:auto;white-space:pre-wrap}
.s{white-space:nowrap;font-weight:600}.good::before{content:"\\25CF\\00A0"}
.open::before{content:"\\25B2\\00A0"}.bad::before{content:"\\25A0\\00A0"}
.good{color:#00509e}.open{color:#7a4a00}.bad{color:#a00020}
.five td{font-size:1.15rem}footer{margin-top:2rem;color:var(--dim);font-size:.85rem}
@media print{body{max-width:none;font-size:10pt}a{color:inherit;text-decoration:none}
tr,pre{break-inside:avoid}h2{break-after:avoid}}
"""
GOOD = {"pass", "green", "justified", "approved"}
OPEN = {"amber", "assumed", "no-run", "draft", "missing"}
CLAIMS = [
    "No certificate exists. The product is prepared for assessment to IEC 61508 SC 3 and "
    "ISO 26262 ASIL D as a safety element out of context; nobody independent has assessed it.",
    "DMA is not isolated yet: there is no SMMU driver; a device of one cell reaches all memory.",
    "No claim about caches, shared buses and their timing, speculative execution or random "
    "hardware faults.",
    "Everything was run on an emulated machine; the emulator is not silicon.",
    "Proofs are sequential and about C: not about assembly, the compiler, translation buffers or "
    "caches. Assembly, the Linux driver and the command are outside the proved set.",
    "Until the kernel is armed, the launching Linux is trusted.",
]


def esc(text):
    """HTML text."""
    return html.escape(str(text))


def state(word):
    """A verdict as word and shape."""
    kind = "good" if word in GOOD else "open" if word in OPEN else "bad"
    return f'<span class="s {kind}">{esc(word)}</span>'


def table(head, rows, kind=""):
    """A table; cells are HTML already, numbers are set right."""
    def cell(value):
        number = isinstance(value, (int, float))
        return f'<td class="n">{value}</td>' if number else f"<td>{value}</td>"
    top = "".join(f"<th>{esc(h)}</th>" for h in head)
    body = "\n".join("<tr>" + "".join(cell(c) for c in row) + "</tr>" for row in rows)
    return f'<table class="{kind}"><tr>{top}</tr>\n{body}</table>'


def fn_file(function):
    """File name of a function's page."""
    return "fn/" + re.sub(r"\W", "_", f"{function['file']}_{function['name']}") + ".html"


class Report:
    """All pages of one report."""

    def __init__(self, ctx, content):
        self.ctx, self.t = ctx, content
        self.out = ctx.build / "report"
        self.stages = {}
        for path in sorted(ctx.out.glob("stage-*.json")):
            record = json.loads(path.read_text())
            self.stages[record["stage"]] = record
        self.identity = self.identify()
        self.by_req = {}
        for function in content["functions"]:
            for name in function["reqs"]:
                self.by_req.setdefault(name, []).append(function)

    def identify(self):
        """Commit and image of this report."""
        def git(*words):
            done = subprocess.run(["git", "-c", "safe.directory=*", *words], cwd=self.ctx.repo,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                  check=False)
            return done.stdout.strip()
        image = self.ctx.image_dir / "bulkhead.bin"
        digest = hashlib.sha256(image.read_bytes()).hexdigest() if image.exists() else "not built"
        return {"commit": git("rev-parse", "HEAD") or "none",
                "changed": "with uncommitted changes" if git("status", "--porcelain")
                else "clean checkout",
                "date": git("log", "-1", "--format=%cI") or "none", "image": digest}

    def page(self, name, title, body):
        """Write one page."""
        up = "../" * name.count("/")
        footer = (f"Bulkhead, commit {esc(self.identity['commit'])} ({self.identity['changed']}), "
                  f"image SHA-256 {esc(self.identity['image'])}")
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{esc(title)}'
            f'</title><meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
            f'</head><body><p><a href="{up}index.html">Summary</a> · <a href="{up}matrix.html">'
            f'Matrix</a> · <a href="{up}proofs.html">Proofs</a> · '
            f'<a href="{up}functions.html">Functions</a> · <a href="{up}tests.html">'
            f'Tests</a> · <a href="{up}bounds.html">'
            f"Bounds</a></p><h1>{esc(title)}</h1>\n{body}\n<footer>{footer}</footer></body>"
            "</html>\n")

    def req_link(self, name, up=""):
        """Link to a requirement's page; plain text for an unknown one."""
        if name in self.t["requirements"]:
            return f'<a href="{up}req/{name}.html">{name}</a>'
        return f"{esc(name)} (unknown)"

    def fn_link(self, function, up=""):
        """Link to a function's page."""
        return f'<a href="{up}{fn_file(function)}">{esc(function["name"])}</a>'

    def numbers(self):
        """The five numbers of the first screen."""
        own = [r for r in self.t["requirements"].values()
               if r["level"] in ("SYR", "SWR", "CFG") and r["status"] == "approved"]
        good = sum(r["own"] in ("pass", "justified") for r in own)
        goals = [g for g in self.t["goals"] if not g["smoke"]]
        cover = [c["condition"] for c in self.t["coverage"].values()]
        misra = self.stages.get("misra", {"failed": "not run"})["failed"]
        system = [t for t in self.t["tests"].values() if t["level"] == "system"]
        return [
            ("Requirements verified by every method they name", f"{good} of {len(own)}"),
            ("Proof goals proved", f"{sum(g['proved'] for g in goals)} of "
             f"{sum(g['count'] for g in goals)}"),
            (f"MC/DC outcomes covered ({self.t['coverage_source'] or 'not measured'})",
             f"{sum(c['covered'] for c in cover)} of {sum(c['total'] for c in cover)}"),
            ("MISRA findings without a record", f"{misra}"),
            ("System tests passed",
             f"{sum(t['status'] == 'pass' for t in system)} of {len(system)}"),
        ]

    def missing(self):
        """What is not there, worst first."""
        lines = []
        for name, record in self.stages.items():
            if record["status"] != "green":
                bad = [d for d in record["details"] if d.startswith(("FAIL", "AMBER"))]
                lines += [f"{state(record['status'])} {esc(name)}: {esc(d)}" for d in bad[:12]]
                if len(bad) > 12:
                    lines.append(f"{state(record['status'])} {esc(name)}: {len(bad) - 12} more in "
                                 f"stage-{esc(name)}.json")
        for name, r in self.t["requirements"].items():
            if r["status"] == "approved" and r["own"] not in (None, "pass", "justified"):
                lines.append(f"{state(r['own'])} {self.req_link(name)} {esc(r['title'])}")
        return lines

    def stage_rows(self):
        """Gate table: the stages, then the gates of traceability."""
        rows = [(esc(n), state(r["status"]), r["passed"], r["failed"], r["seconds"])
                for n, r in self.stages.items()]
        rows += [(f"{g} {esc(c['title'])}", state("red" if c["failed"] else "green"), c["passed"],
                  c["failed"], "") for g, c in self.t["gates"].items()]
        return rows

    def index(self):
        """First page: who, what is not claimed, what is missing, gates, numbers."""
        ident = self.identity
        missing = self.missing()
        more = f"<p>{len(missing)} lines in all.</p>" if missing else "<p>Nothing is missing.</p>"
        body = [
            "<p>Static-partitioning hypervisor, AArch64, board qemu-virt-arm64. Compliant item, "
            "prepared for assessment to IEC 61508:2010 SC 3 and ISO 26262:2018 ASIL D (SEooC).</p>",
            table(("Identification", ""), [
                ("commit", f"<code>{esc(ident['commit'])}</code> ({ident['changed']}), "
                 f"{esc(ident['date'])}"),
                ("image SHA-256", f"<code>{esc(ident['image'])}</code>")]),
            table(("Five numbers", ""), [(esc(t), f"<b>{esc(n)}</b>") for t, n in self.numbers()],
                  "five"),
            "<h2>Claims not made</h2><ul>" + "".join(f"<li>{esc(c)}</li>" for c in CLAIMS)
            + "</ul>",
            "<h2>What is missing</h2>" + more + "<ul>"
            + "".join(f"<li>{m}</li>" for m in missing[:200]) + "</ul>",
            "<h2>Gates</h2>" + table(("gate", "state", "passed", "failed", "seconds"),
                                     self.stage_rows()),
            "<h2>From hazards to requirements</h2>" + self.tree(),
            "<h2>Tools</h2>" + table(("tool", "version"), sorted(
                {(esc(k), esc(v)) for r in self.stages.values() for k, v in r["tools"].items()})),
            "<h2>How to check this page</h2><p>In the evidence package: <code>sh verify.sh</code> "
            "checks every byte against the manifest and recomputes the verdicts with a second, "
            "independently written program. From source: <code>make verify</code>.</p>",
        ]
        self.page("index.html", "Bulkhead: state of the evidence", "\n".join(body))

    def proofs(self):
        """Page of what is proved for each part, what the proofs assume, and what none covers."""
        files = {}
        for goal in self.t["goals"]:
            if not goal["smoke"]:
                sums = files.setdefault(goal["file"], [set(), 0, 0])
                sums[0].add(goal["function"])
                sums[1] += goal["proved"]
                sums[2] += goal["count"]
        assumed = self.t["assumptions"]
        rows = [("memory model", esc(a["function"]), esc(a["text"]), esc(a["reason"]))
                for a in assumed.get("memory", [])]
        rows += [("contract without a proved body", esc(a["function"]), esc(a["text"]),
                  esc(a["reason"])) for a in assumed.get("extern", [])]
        rows += [("argued", esc(a["name"]), esc(a["text"]), esc(a["shown"]))
                 for a in assumed.get("argued", [])]
        body = [
            "<h2>Proved set</h2>", table(("file", "functions", "goals proved", "of", "state"), [
                (esc(name), len(f), proved, count, state("pass" if proved == count else "amber"))
                for name, (f, proved, count) in sorted(files.items())]),
            "<h2>What the proofs assume</h2>",
            table(("kind", "where", "what", "reason or other evidence"), rows),
            "<h2>Outside the proved set</h2>",
            table(("what", "files", "reason", "evidence instead"), [
                (esc(e["what"]), "<br>".join(esc(f) for f in e["files"]), esc(e["reason"]),
                 esc(e["evidence"])) for e in self.t["outside"]])]
        self.page("proofs.html", "Proofs: what is shown, assumed and left out", "\n".join(body))

    def tree(self):
        """All requirements by level."""
        rows = [(self.req_link(n), esc(r["title"]), ", ".join(self.req_link(p) for p in
                                                              r.get("satisfies", [])),
                 state(r["deep"] or r["status"]))
                for level in ("HZ", "SG", "SYR", "SWR", "CFG")
                for n, r in self.t["requirements"].items() if r["level"] == level]
        return table(("ID", "title", "satisfies", "verdict, everything below included"), rows)

    def requirement(self, name, r):
        """Page of a requirement."""
        up = "../"
        functions = self.by_req.get(name, [])
        goals = [g for g in self.t["goals"] if name in g["labels"]]
        tests = {c: t for c, t in self.t["tests"].items() if name in t["verifies"]}
        body = [f"<p><b>{esc(r['text'])}</b></p><p>{esc(r['rationale'])}</p>",
                table(("", ""), [
                    ("status", esc(r["status"])), ("file", f"requirements/{esc(r['file'])}"),
                    ("satisfies", ", ".join(self.req_link(p, up) for p in r.get("satisfies", []))),
                    ("satisfied by", ", ".join(self.req_link(c, up) for c in r["children"])),
                    ("allocated", esc(", ".join(r.get("allocated", [])))),
                    ("own verdict", state(r["own"] or "none named")),
                    ("with everything below", state(r["deep"] or "none"))]),
                "<h2>Methods</h2>" + table(("method", "verdict", "reason"), [
                    (esc(m), state(v["verdict"]), esc(v["reason"]))
                    for m, v in r["methods"].items()]),
                "<h2>Functions</h2>" + table(("function", "file", "conditions"), [
                    (self.fn_link(f, up), esc(f["file"]), self.conditions(f)) for f in functions]),
                "<h2>Proof goals</h2>" + self.goal_table(goals),
                "<h2>Tests</h2>" + table(("case", "level", "file", "status"), [
                    (esc(c), esc(t["level"]), esc(t["file"]), state(t["status"]))
                    for c, t in tests.items()])]
        self.page(f"req/{name}.html", f"{name} {r['title']}", "\n".join(body))

    def conditions(self, function):
        """Covered conditions of a function as text."""
        sums = self.t["coverage"].get(f"{function['file']}|{function['name']}")
        if sums is None:
            return "not measured"
        c = sums["condition"]
        return f"{c['covered']} of {c['total']}" + (", justified gaps" if sums["justified"] else "")

    def goal_table(self, goals):
        """Table of proof goals."""
        return table(("goal", "function", "prover", "state"), [
            (f"{esc(g['name'])} ({g['proved']} of {g['count']})", esc(g["function"]),
             esc(g["prover"]), state("pass" if g["valid"] else "fail")) for g in goals])

    def function(self, f):
        """Page of a function."""
        up = "../"
        sums = self.t["coverage"].get(f"{f['file']}|{f['name']}")
        goals = [g for g in self.t["goals"] if g["function"] == f["name"]]
        rows = [(kind, f"{sums[kind]['covered']} of {sums[kind]['total']}")
                for kind in ("line", "branch", "condition")] if sums else []
        frame = self.stages.get("build", {"data": {}})["data"].get("stack", {}).get("frames", {})
        callers = [t for t, names in self.t["executed"].items() if f["name"] in names]
        body = [f"<p>{esc(f['brief'])}</p>",
                table(("", ""), [("file", f"{esc(f['file'])}:{f['line']}"),
                                 ("requirements", ", ".join(self.req_link(r, up)
                                                            for r in f["reqs"])),
                                 ("helper of", esc(", ".join(f["helper_of"]))),
                                 ("stack frame", f"{frame.get(f['name'], '-')} bytes"),
                                 ("executed by", esc(", ".join(callers) or "no unit test"))]),
                "<h2>Contract</h2><pre>" + esc(f["contract"] or "none") + "</pre>",
                "<h2>Coverage</h2>" + table(("kind", "covered"), rows),
                "<h2>Proof goals</h2>" + self.goal_table(goals)]
        self.page(fn_file(f), f["name"], "\n".join(body))

    def matrix(self):
        """Requirements against methods."""
        methods = ["proof", "unit", "mcdc", "system", "fault", "static", "gate"]
        rows = []
        for name, r in self.t["requirements"].items():
            if r["level"] in ("SYR", "SWR", "CFG"):
                rows.append([self.req_link(name), esc(r["title"])] + [
                    state(r["methods"][m]["verdict"]) if m in r["methods"] else "" for m in methods]
                    + [len(self.by_req.get(name, [])),
                       sum(name in t["verifies"] for t in self.t["tests"].values())])
        self.page("matrix.html", "Matrix: requirements and methods",
                  table(["ID", "title", *methods, "functions", "tests"], rows))

    def lists(self):
        """All functions and all tests."""
        self.page("functions.html", "Functions of the image", table(
            ("function", "file", "requirements", "conditions"), [
                (self.fn_link(f), esc(f["file"]), ", ".join(self.req_link(r) for r in f["reqs"]),
                 self.conditions(f)) for f in self.t["functions"]]))
        self.page("tests.html", "Tests", table(("case", "level", "file", "verifies", "status"), [
            (esc(c), esc(t["level"]), esc(t["file"]),
             ", ".join(self.req_link(r) for r in t["verifies"]), state(t["status"]))
            for c, t in self.t["tests"].items()]))

    def bounds(self):
        """Greatest numbers of instructions, as stage build derived them."""
        path = self.ctx.out / "bounds.json"
        rows = json.loads(path.read_text()) if path.exists() else []
        self.page("bounds.html", "Bounds of entries", "<p>Most instructions by structure: every loop turns "
                  "its full number, branches are not told apart. Waits that end by time count one turn. "
                  "Nothing is said of time.</p>" + table(("entry", "instructions at most", "waits by time"), [
                      (esc(r["entry"]), r["instructions"],
                       esc(", ".join(f"{p} ({w})" for p, w in sorted(r["waits"].items())))) for r in rows]))

    def write(self):
        """All pages."""
        shutil.rmtree(self.out, ignore_errors=True)
        self.index()
        self.proofs()
        self.matrix()
        self.lists()
        self.bounds()
        for name, record in self.t["requirements"].items():
            self.requirement(name, record)
        for function in self.t["functions"]:
            self.function(function)


def write(ctx, content):
    """Write the report of one trace."""
    Report(ctx, content).write()


def check(ctx, result, content):
    """The report against itself: every link resolves, and every gap stands on the first page."""
    out = ctx.build / "report"
    pages = {str(p.relative_to(out)): p.read_text() for p in out.rglob("*.html")}
    broken = set()
    for name, text in pages.items():
        for target in re.findall(r'href="([^"#]+)"', text):
            path = (out / name).parent / target
            if not path.exists():
                broken.add(f"{name} -> {target}")
        outside = re.search(r'(?:src|href)="(?:\w+:)?//', text)
        result.check(outside is None, f"report: {name} needs the network")
    result.check(not broken, f"report: broken links: {', '.join(sorted(broken)[:5])}")
    index = pages.get("index.html", "")
    for name, r in content["requirements"].items():
        if r["status"] == "approved" and r["own"] not in (None, "pass", "justified"):
            result.check(name in index, f"report: the gap of {name} is not on the first page")
    result.data["pages"] = len(pages)
    result.note(f"report: {len(pages)} pages in build/report")
