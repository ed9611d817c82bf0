# SPDX-License-Identifier: Apache-2.0
"""Plain unpacking of packages: no package database, no maintainer scripts, any user."""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import provers
from common import Failure, in_root, say


def unpack(package, directory, excludes=(), members=()):
    """Unpack one package, or only some members of it, below a directory."""
    tar = ["tar", "-x", "-C", str(directory), "--keep-directory-symlink", "--no-same-owner",
           "--no-same-permissions", *(f"--exclude={pattern}" for pattern in excludes),
           "--wildcards", *members]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as source:
        done = subprocess.run(tar, stdin=source.stdout, capture_output=True, text=True,
                              check=False)
        source.stdout.close()
        complaint = source.stderr.read().decode()
    if done.returncode != 0 or (source.returncode != 0 and not members):
        raise Failure("E0808", f"cannot unpack {package.name}: {done.stderr or complaint}".strip(),
                      "remove it from the cache; check the free space")


def replace_tree(new, final):
    """Put a finished tree in its place in one step; an interrupted setup leaves the old one."""
    old = final.with_name(final.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        os.replace(final, old)
    os.replace(new, final)
    shutil.rmtree(old, ignore_errors=True)


def unpack_all(files, directory, excludes):
    """base-files goes first, as it carries the links /bin, /lib and /sbin."""
    ordered = sorted(files.items(), key=lambda item: (item[0].package != "base-files", item[0]))
    unpack(ordered[0][1], directory, excludes)
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(unpack, path, directory, excludes) for _, path in ordered[1:]]
        for number, job in enumerate(jobs, 2):
            job.result()
            if number % 100 == 0 or number == len(ordered):
                say(f"unpacked {number} of {len(ordered)} packages of the root")


def build_root(files, places, excludes):
    """Unpack the root beside the old one, do what maintainer scripts would do, swap them."""
    new = places.root.with_name("root.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    unpack_all(files, new, excludes)
    finish_files(new)
    replace_tree(new, places.root)
    provers.configure(places)
    finish_programs(places)


def finish_files(root):
    for name, target in (("awk", "gawk"), ("cc", "gcc"), ("which", "which.debianutils")):
        if not (root / "usr/bin" / name).exists():
            (root / "usr/bin" / name).symlink_to(target)
    (root / "etc/passwd").write_text("root:x:0:0:root:/tmp:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")


def finish_programs(places):
    """Caches that maintainer scripts would write; without dot's, SVG is not recognised."""
    for command in (["ldconfig"], ["dot", "-c"], ["fc-cache", "-s"],
                    ["python3", "-m", "compileall", "-q", "-j2", "/usr/lib/python3",
                     "/usr/lib/python3.13"]):
        status, output = in_root(places, command, write=True)
        if status != 0:
            raise Failure("E0808", f"{' '.join(command)} fails in the root: {output.strip()}",
                          "see that bubblewrap works for this user (user namespaces), or use root")
