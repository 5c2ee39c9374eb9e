#!/usr/bin/env python3
"""Says how much of the program the tests take, and fails below what docs/reliability.md promises.

    tests/coverage.py build/coverage

Branches are those that a reader can see: not the ones that the compiler adds for exceptions. Of the parts of which every
branch is demanded it prints the lines with one that no test took; build/coverage/branches.html shows those of all files.
"""

import json
import subprocess
import sys

LINES, BRANCHES = 90.0, 80.0  # per cent, over all
FOLDERS = "base formats engine query server clients cli".split()

# What a wrong branch of would be a wrong record, or one shown to the wrong person: every branch is taken.
WHOLE = {
    "keys": ["formats/stored/keys.cc"],
    "runs": [f"formats/stored/{part}.cc" for part in ("run", "run_columns", "run_details", "sorts", "value_columns")],
    "postings": ["formats/stored/postings.cc", "formats/stored/directory.cc"],
    "access decision": ["engine/trust/decision.cc"],
    "disclosure control": ["query/disclosure.cc"],
    "audit tree": ["engine/audit/merkle.cc"],
}


def measure(build):
    """The summary of all, and the lines of each file."""
    filters = [word for folder in FOLDERS for word in ("--filter", folder + "/")]
    subprocess.run(
        ["gcovr", "--root", ".", *filters, "--exclude-throw-branches", "--exclude-unreachable-branches", "-j", "2",
         "--gcov-ignore-parse-errors", "--json-summary", f"{build}/coverage.json", "--json", f"{build}/lines.json",
         "--html-details", f"{build}/branches.html", build],
        check=True)  # fmt: skip
    with open(f"{build}/coverage.json") as summary, open(f"{build}/lines.json") as lines:
        return json.load(summary), {file["file"]: file["lines"] for file in json.load(lines)["files"]}


def branches(lines):
    """How often each was taken, with the number of its line."""
    return [(line["line_number"], branch["count"])
            for line in lines if not line["gcovr/noncode"] and not line["gcovr/excluded"]
            for branch in line["branches"]]  # fmt: skip


def main():
    summary, lines = measure(sys.argv[1])
    short = []

    def demand(what, part, least):
        print(f"coverage {what}: {part:.1f} %, at least {least:.0f} %")
        if part < least:
            short.append(what)

    demand("lines", summary["line_percent"], LINES)
    demand("branches", summary["branch_percent"], BRANCHES)
    for what, names in WHOLE.items():
        missing = [name for name in names if name not in lines]
        if missing:
            print(f"coverage branches of {what}: not measured, for nothing tells of {', '.join(missing)}")
            short.append(f"branches of {what}")
            continue
        there = [(name, line, count) for name in names for line, count in branches(lines[name])]
        taken = sum(count > 0 for _, _, count in there)
        demand(f"branches of {what}", 100.0 * taken / len(there) if there else 0.0, 100.0)
        for place in dict.fromkeys(f"{name}:{line}" for name, line, count in there if count == 0):
            print(f"  {place}: a branch that no test takes")
    if short:
        sys.exit(f"coverage: too little of {', '.join(short)}; see {sys.argv[1]}/branches.html")


if __name__ == "__main__":
    main()
