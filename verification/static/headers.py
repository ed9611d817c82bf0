# SPDX-License-Identifier: Apache-2.0
"""Header gate: every header compiles alone, twice included, without warnings."""
import kernel


def check(ctx, result):
    """Compile each header by itself."""
    k = kernel.Kernel(ctx.repo)
    headers = k.files("headers", "host_headers")
    work = ctx.repo / "build/tmp/headers"
    work.mkdir(parents=True, exist_ok=True)
    commands = []
    for header in headers:
        probe = work / (header.replace("/", "_") + ".c")
        up = "../" * 3
        probe.write_text(f'#include "{up}{header}"\n#include "{up}{header}"\n'
                         f"typedef int probe_of_one_header;\n")
        compiler = k.compile(header, warnings=False)
        commands.append([*compiler, "-Wall", "-Wextra", "-Werror", "-Wno-unused-function",
                         "-fsyntax-only", str(probe.relative_to(ctx.repo))])
    for header, (code, output) in zip(headers, kernel.batch(ctx, commands)):
        result.check(code == 0, f"{header} does not compile alone: {output.strip()[:300]}")
    result.tools["aarch64-linux-gnu-gcc"] = ctx.tool_version("aarch64-linux-gnu-gcc")
