# SPDX-License-Identifier: Apache-2.0
"""Why3's configuration inside the root, and the self-test which a prover passes before it counts.

Why3 1.5.1 does not know cvc5. It gets Why3's driver for CVC4 1.7 with the logic name that cvc5
reads; with the unchanged driver cvc5 would be listed and prove nothing.
"""

import re
import shutil

from common import HERE, RUN, Failure, in_root, say

PROVERS = ("cvc5", "z3", "cvc4")
PROBE = HERE / "selftest/prover.c"
# On a loaded machine Why3 reports Z3's time-out as "Failed"; that the prover runs at all is shown
# by the goal that holds, so this counts as not proved.
NOT_PROVED = ("Timeout", "Unknown", "Stepout", "Failed")


def configure(places):
    """Write why3.conf and the corrected drivers into the root (read by any user, HOME unused)."""
    ours = places.root / "usr/share/bulkhead"
    drivers = places.root / "usr/share/why3/drivers"
    (ours / "drivers").mkdir(parents=True, exist_ok=True)
    for path in [*drivers.glob("*.gen"), *drivers.glob("cvc4_1*.drv")]:
        shutil.copy(path, ours / "drivers" / path.name)
    driver = (drivers / "cvc4_17.drv").read_text()
    if "(set-logic ALL_SUPPORTED)" not in driver:
        raise Failure("E0805", "Why3's driver for CVC4 is not the one known",
                      "look at usr/share/why3/drivers/cvc4_17.drv in the root")
    (ours / "drivers/cvc5.drv").write_text(driver.replace("ALL_SUPPORTED", "ALL"))
    text = (HERE / "why3.conf").read_text()
    for name in PROVERS:
        text = text.replace(f"@{name.upper()}@", version_of(name, places))
    (ours / "why3.conf").write_text(text)


def version_of(name, places):
    status, output = in_root(places, [name, "--version"])
    match = re.search(r"(?i)version (\d+(?:\.\d+)+)", output)
    if status != 0 or match is None:
        raise Failure("E0805", f"{name} does not run: {output.strip()[:200]}", "make setup")
    return match.group(1)


def judge(name, output):
    """Verdicts of one Frama-C run: None if the prover proves what holds and only that."""
    goal = re.compile(r"^\[wp\] \[([^\]]+)\] Goal typed_\w+_ensures_(holds|fails) : (\w+)",
                      re.MULTILINE)
    verdicts = {which: (prover, verdict) for prover, which, verdict in goal.findall(output)}
    for which, good in (("holds", ("Valid",)), ("fails", NOT_PROVED)):
        prover, verdict = verdicts.get(which, ("nobody", "no verdict"))
        if not prover.lower().startswith(name) or verdict not in good:
            return f"{name} on the goal that {which}: {verdict} by {prover}"
    return None


def self_test(places, names=PROVERS, env=None):
    """Each prover through Frama-C on both goals: {name: "passed" or what went wrong}."""
    results = {}
    for name in names:
        _, output = in_root(places, [
            "env", *(f"{key}={value}" for key, value in (env or {}).items()),
            "frama-c", "-machdep", "gcc_x86_64", "-wp", "-wp-prover", name, "-wp-timeout", "3",
            "-wp-cache", "none", "-wp-par", "2", str(PROBE)])
        results[name] = judge(name, output) or "passed"
        say(f"prover self-test: {name} {results[name]}")
    return results


def demand(results):
    failed = [text for text in results.values() if text != "passed"]
    if failed:
        raise Failure("E0805", f"prover self-test: {'; '.join(failed)}",
                      f"{RUN.name} why3 --list-provers; remove build/tools and run make setup")
