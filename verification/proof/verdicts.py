# SPDX-License-Identifier: Apache-2.0
"""Kept verdicts of solvers: verification/proof/verdicts/NAME.tsv, one per proved C file.

A line is `KEY TEXT`: WP's key of a goal (a hash of the solver with its version and of the whole goal as
the solver reads it) and what that solver said, as WP writes it. A goal whose text has changed in any way
has another key, so an old verdict never answers for it. What a key cannot show is that the verdict was
honest: therefore a sample, another one with every commit, is left out and proved again, and a release
proves everything.
"""
import hashlib
import pathlib
import shutil

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE / "verdicts"
SHARE = 20          # one of so many is proved again


def read(path):
    """{key: text} of a file of kept verdicts; none if there is no such file."""
    if not path.is_file():
        return {}
    return dict(line.split(" ", 1) for line in path.read_text(encoding="utf-8").splitlines())


def sampled(key, seed, share=SHARE):
    """Is the verdict of this key proved again in a run with this seed?"""
    return int(hashlib.sha256((seed + key).encode()).hexdigest(), 16) % share == 0


def lay_out(kept, folder, seed, share=SHARE):
    """Lay the verdicts, without the sample, where WP looks for them. @return how many"""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    chosen = [key for key in kept if not sampled(key, seed, share)]
    for key in chosen:
        (folder / f"{key}.json").write_text(kept[key], encoding="utf-8")
    return len(chosen)


def gather(folders):
    """{key: text} of what WP left there."""
    return {path.stem: " ".join(path.read_text(encoding="utf-8").split())
            for folder in folders for path in folder.glob("*.json")}


def write(path, verdicts):
    """Keep these, and no others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{key} {verdicts[key]}\n" for key in sorted(verdicts)), encoding="utf-8")
