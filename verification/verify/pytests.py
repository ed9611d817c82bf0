# SPDX-License-Identifier: Apache-2.0
"""Run the Python unit tests and print one line per case, as the C tests do.

usage: pytests.py FILE...     a case is a test method whose docstring holds `@test TC_...`
"""
import importlib.util
import re
import sys
import unittest
from pathlib import Path


class Lines(unittest.TestResult):
    """Prints `TC_X PASS` or `TC_X FAIL`."""

    def case(self, test, good, text=""):
        """One line for one case."""
        doc = getattr(test, "_testMethodDoc", None) or ""
        name = re.search(r"@test\s+(\w+)", doc)
        if text:
            print("  " + text.strip().replace("\n", "\n  "))
        print(f"{name.group(1) if name else test.id()} {'PASS' if good else 'FAIL'}", flush=True)

    def addSuccess(self, test):
        self.case(test, True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.case(test, False, self._exc_info_to_string(err, test))

    def addError(self, test, err):
        super().addError(test, err)
        self.case(test, False, self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.case(test, False, f"skipped: {reason}; a skipped test shows nothing")


def load(path):
    """The tests of one file."""
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return unittest.defaultTestLoader.loadTestsFromModule(module)


def main():
    """Run all files; exit 0 only if every case passed and there was one."""
    result = Lines()
    for name in sys.argv[1:]:
        load(Path(name).resolve()).run(result)
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main())
