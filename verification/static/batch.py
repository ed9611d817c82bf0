# SPDX-License-Identifier: Apache-2.0
"""Runs inside the tool root: the commands of a JSON file, some at a time; prints their results."""
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor


def one(command):
    """Return code and output of one command."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False)
    return done.returncode, done.stdout


def main():
    """Run all, keep their order."""
    with open(sys.argv[1], encoding="utf-8") as handle:
        job = json.load(handle)
    with ThreadPoolExecutor(job["jobs"]) as pool:
        print(json.dumps(list(pool.map(one, job["commands"]))))


if __name__ == "__main__":
    main()
