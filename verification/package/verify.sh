#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Check this evidence package: L0 every byte against the manifest, L1 the verdicts recomputed from
# the raw results by a program that shares no code with the one that made them.
set -u
cd "$(dirname "$0")" || exit 1
wrong=0

if [ ! -s MANIFEST.sha256 ]; then
    echo "L0 FAIL: MANIFEST.sha256 is missing or empty"
    exit 1
fi
if sha256sum --quiet --strict -c MANIFEST.sha256; then
    echo "L0: $(wc -l <MANIFEST.sha256) files are as the manifest says"
else
    echo "L0 FAIL: a file differs from the manifest"
    wrong=1
fi
listed=$(sed 's/^[0-9a-f]*  //' MANIFEST.sha256 | LC_ALL=C sort)
present=$(find . -type f ! -name MANIFEST.sha256 | LC_ALL=C sort)
if [ "$listed" != "$present" ]; then
    echo "L0 FAIL: files beside the manifest, or missing ones"
    wrong=1
fi

if python3 -B check.py .; then
    echo "L1: verdicts recomputed, all agree"
else
    echo "L1 FAIL: the verdicts do not follow from the raw results"
    wrong=1
fi

echo "Not checked here: who made the package (it carries no signature yet); L2 that the image"
echo "follows from the source; L3 that the tests give these results; L4 that the proofs do. There,"
echo "\`make verify\` does L2 to L4."
[ "$wrong" -eq 0 ] && echo "package: PASS" || echo "package: FAIL"
exit "$wrong"
