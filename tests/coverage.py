#!/usr/bin/env python3
"""Says how much of the program the tests take, and fails below what docs/reliability.md promises.

    tests/coverage.py build/coverage

Branches are those that a reader can see: not the ones that the compiler adds for exceptions. Whoever wants to know which are
missing looks at build/coverage/branches.html.
"""

import json
import subprocess
import sys

LINES, BRANCHES = 90.0, 80.0  # per cent, over all
FOLDERS = "base formats engine query server clients cli".split()

# What a wrong branch of would be a wrong record, or one shown to the wrong person: every branch is taken.
WHOLE = {
    "keys": ["formats/stored/keys.cc"],
    "runs": ["formats/stored/run.cc", "formats/stored/run_details.cc"],
    "postings": ["formats/stored/postings.cc"],
    "access decision": ["engine/trust/decision.cc"],
    "disclosure control": ["query/disclosure.cc"],
    "audit tree": ["engine/audit/merkle.cc"],
}


def measure(build):
    report = f"{build}/coverage.json"
    filters = [word for folder in FOLDERS for word in ("--filter", folder + "/")]
    subprocess.run(
        ["gcovr", "--root", ".", *filters, "--exclude-throw-branches", "--exclude-unreachable-branches", "-j", "2",
         "--gcov-ignore-parse-errors", "--json-summary", report, "--html-details", f"{build}/branches.html", build],
        check=True)  # fmt: skip
    with open(report) as text:
        return json.load(text)


def main():
    summary = measure(sys.argv[1])
    files = {file["filename"]: file for file in summary["files"]}
    short = []

    def demand(what, part, least):
        print(f"coverage {what}: {part:.1f} %, at least {least:.0f} %")
        if part < least:
            short.append(what)

    demand("lines", summary["line_percent"], LINES)
    demand("branches", summary["branch_percent"], BRANCHES)
    for what, names in WHOLE.items():
        taken = sum(files[name]["branch_covered"] for name in names)
        there = sum(files[name]["branch_total"] for name in names)
        demand(f"branches of {what}", 100.0 * taken / there if there else 100.0, 100.0)
    if short:
        sys.exit(f"coverage: too little of {', '.join(short)}; see {sys.argv[1]}/branches.html")


if __name__ == "__main__":
    main()
