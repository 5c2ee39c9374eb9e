#!/usr/bin/env python3
"""Breaks the program on purpose, one place at a time, and shows that a test notices.

A check that cannot fail is worth nothing. Each tests/mutations/LANE.toml lists mutations:

    [[mutation]]
    name = "wal-not-synced"                  # what is broken
    file = "engine/storage/rocks.cc"
    find = "options.sync = true;"            # stands there exactly once
    replace = "options.sync = false;"
    build = ["engine_storage_test"]          # the targets that have to be built anew
    test = "engine_storage"                  # ctest -R: the tests that must fail
    survives = "..."                         # only where nothing can notice: why

Each is applied to a copy of the working tree under build/mutations, built, tested and taken back. Caught: some test failed, or ran
out of time. A mutation that no longer applies or builds is an error of its entry, not a catch.

usage: run.py [--list | --check] [LANE] [NAME...]    --check: only whether each still stands in its file, once
"""

import pathlib
import subprocess
import sys
import time
import tomllib

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent
tree = root / "build/mutations/tree"
test_seconds_max = 300


def run(command, log, **options):
    with open(log, "wb") as out:
        return subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, **options).returncode


def copy_of_working_tree():
    """Brings the copy up to date; files that are equal keep their times, so that only what differs is built."""
    tree.mkdir(parents=True, exist_ok=True)
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=root, capture_output=True, check=True).stdout
    wanted = {name for name in listed.decode().split("\0") if name and (root / name).exists()}
    for old in tree.rglob("*"):
        name = old.relative_to(tree).as_posix()
        if old.is_file() and not name.startswith("build/") and name not in wanted:
            old.unlink()
    for name in wanted:
        source, target = root / name, tree / name
        if target.exists() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
        target.chmod(source.stat().st_mode)
    shared = tree.parent / "shared"  # tests read the shared data beside the project
    if not shared.exists() and (root.parent / "shared").exists():
        shared.symlink_to(root.parent / "shared")


def ninja(targets, log):
    return run(["ninja", "-C", "build/release", *targets], log, cwd=tree)


def ctest(tests):
    return ["ctest", "--test-dir", "build/release", "-R", tests, "--timeout", str(test_seconds_max), "--no-tests=error",
            "--stop-on-failure"]


def tried(mutation):
    """What became of one mutation: a word, and how many seconds it took."""
    start = time.monotonic()
    log = tree.parent / (mutation["name"] + ".log")
    path = tree / mutation["file"]
    if not path.exists():
        return "no such file", 0
    whole = path.read_text()
    if whole.count(mutation["find"]) != 1:
        return f"stands {whole.count(mutation['find'])} times in the file", 0
    path.write_text(whole.replace(mutation["find"], mutation["replace"]))
    try:
        if ninja(mutation["build"], log) != 0:
            return "does not build", time.monotonic() - start
        passed = run(ctest(mutation["test"]), log, cwd=tree) == 0
        if "No tests were found" in log.read_text(errors="replace"):
            return "no such test", time.monotonic() - start
        return ("survived" if passed else "caught"), time.monotonic() - start
    finally:
        path.write_text(whole)


def main(arguments):
    only_list, only_check = "--list" in arguments, "--check" in arguments
    unknown = [a for a in arguments if a.startswith("-") and a not in ("--list", "--check")]
    if unknown:
        sys.exit(f"mutations: '{unknown[0]}' is none of --list, --check, LANE [NAME]")
    arguments = [a for a in arguments if not a.startswith("--")]
    lanes = {f.stem: tomllib.loads(f.read_text())["mutation"] for f in sorted(here.glob("*.toml"))}
    lane_names = arguments[:1] or list(lanes)
    for lane in lane_names:
        if lane not in lanes:
            sys.exit(f"no lane '{lane}'; there are {', '.join(lanes)}")
    chosen = [(lane, m) for lane in lane_names for m in lanes[lane] if not arguments[1:] or m["name"] in arguments[1:]]
    if only_list:
        for lane, m in chosen:
            print(f"{lane:12} {m['name']:48} {m['file']}")
        return 0

    if only_check:
        lost = [m for _, m in chosen if (root / m["file"]).read_text().count(m["find"]) != 1]
        for m in lost:
            print(f"{m['name']}: does not stand once in {m['file']}")
        return 1 if lost else 0

    copy_of_working_tree()
    log = tree.parent / "whole.log"
    targets = sorted({t for _, m in chosen for t in m["build"]})
    if not (tree / "build/release/build.ninja").exists() and run(["cmake", "--preset", "release"], log, cwd=tree) != 0:
        sys.exit(f"cmake failed: {log}")
    if ninja(targets, log) != 0:
        sys.exit(f"the tree as it is does not build: {log}")
    # Without a mutation each of the tests passes; else a catch would show nothing.
    for tests in sorted({m["test"] for _, m in chosen}):
        if run(ctest(tests), log, cwd=tree) != 0:
            sys.exit(f"fails without a mutation: ctest -R '{tests}': {log}")

    tally = {"caught": 0, "survived": 0, "explained": 0, "wrong": 0}
    for lane, m in chosen:
        outcome, seconds = tried(m)
        explained = outcome == "survived" and "survives" in m
        kind = "explained" if explained else outcome if outcome in tally else "wrong"
        tally[kind] += 1
        print(f"{lane:12} {m['name']:48} {outcome:10} {seconds:5.0f} s" + (f"  ({m['survives']})" if explained else ""), flush=True)
    ninja(targets, log)  # leaves the copy built as it stands
    print(f"mutations: {len(chosen)} tried, {tally['caught']} caught, {tally['explained']} survive and are explained, "
          f"{tally['survived']} survive, {tally['wrong']} could not be tried")
    return 0 if tally["survived"] == 0 and tally["wrong"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
