# SPDX-License-Identifier: Apache-2.0
"""Stage doc: Doxygen over kernel and ABI without a warning, and every function documented."""
import xml.etree.ElementTree as ElementTree

import context


def check_functions(result, folder):
    """Every function has a description in some place that Doxygen saw."""
    described = {}
    for page in folder.glob("*_8[hc].xml"):
        for member in ElementTree.parse(page).getroot().iter("memberdef"):
            if member.get("kind") != "function":
                continue
            words = "".join("".join(member.find(part).itertext()) for part in
                            ("briefdescription", "detaileddescription"))
            key = (member.findtext("name"), member.find("location").get("file")
                   if member.get("static") == "yes" else "")
            described[key] = described.get(key, False) or bool(words.strip())
    result.check(bool(described), "no function was found")
    for (name, file), good in sorted(described.items()):
        result.check(good, f"{name}{' in ' + file if file else ''} has no description")
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
    result.tools["doxygen"] = ctx.tool_version("doxygen")
    return result
