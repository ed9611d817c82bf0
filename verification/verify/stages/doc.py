# SPDX-License-Identifier: Apache-2.0
"""Stage doc: Doxygen over kernel and ABI without a warning, and every function documented."""
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import context


VERIFICATION = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(VERIFICATION / "static"))
import ctokens  # noqa: E402
import kernel  # noqa: E402


def check_static(ctx, result):
    """Every static function has a comment or a contract of its own."""
    k = kernel.Kernel(ctx.repo)
    for name in k.files("kernel", "headers"):
        for function in ctokens.functions((ctx.repo / name).read_text(), name):
            if function.definition and function.static:
                result.check(bool(function.comments), f"{name}:{function.first} {function.name} "
                                                      "has neither comment nor contract")


def check_functions(result, folder):
    """Every global function has a description in some place that Doxygen saw."""
    described = {}
    for page in folder.glob("*_8[hc].xml"):
        for member in ElementTree.parse(page).getroot().iter("memberdef"):
            if member.get("kind") != "function" or member.get("static") == "yes":
                continue
            words = "".join("".join(member.find(part).itertext()) for part in
                            ("briefdescription", "detaileddescription"))
            key = member.findtext("name")
            described[key] = described.get(key, False) or bool(words.strip())
    result.check(bool(described), "no function was found")
    for name, good in sorted(described.items()):
        result.check(good, f"{name} has no description")
    result.note(f"{len(described)} functions")


def run(ctx):
    """Run Doxygen, read its warnings."""
    result = context.Result()
    config = ctx.need("docs/Doxyfile", "it configures the documentation")
    output = ctx.build / "doc"
    output.mkdir(parents=True, exist_ok=True)
    log = output / "warnings.txt"
    log.unlink(missing_ok=True)
    done = ctx.tool("doxygen", config.relative_to(ctx.repo))
    result.check(done.returncode == 0, f"doxygen: exit code {done.returncode}: "
                                       f"{context.tail(done.stdout)}")
    if result.check(log.exists(), "doxygen wrote no list of warnings"):
        lines = [w for w in log.read_text().splitlines() if w.strip()]
        for line in lines:
            result.check(False, line.replace(str(ctx.repo) + "/", ""))
        result.check(not lines, f"{len(lines)} lines of warnings")
    check_functions(result, output / "xml")
    check_static(ctx, result)
    result.tools["doxygen"] = ctx.tool_version("doxygen")
    return result
