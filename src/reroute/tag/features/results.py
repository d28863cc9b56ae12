"""What a run of tests, a build or a type check reports: failing and passing ids, counts, red or green."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from reroute.tag.features.rules import Rules

_MAX_IDS = 500
_MAX_LINE = 400
_COUNT = re.compile(r"(\d+)\s+(passed|failed|failures?|errors?|passing|failing)\b")
_TERSE = re.compile(r"(failures|errors|Failures|Errors|Failed|Passed|passed|failed|Tests)[=:] *(\d+)")
_TITLE = re.compile(r"_{3,} (?:ERROR (?:collecting|at (?:setup|teardown) of) )?(\S{1,300}(?: \S{1,80}){0,3}) _{3,}$")
_WORKER = re.compile(r"\[gw\d+\].* (?P<word>PASSED|FAILED|ERROR) (?P<id>\S+::.+)")
_FILE = re.compile(r"(?P<id>\S+\.py)\[\d+\].* \[(?P<word>OK|FAIL)\]$")
_BUILT = re.compile(r" \[(?:build|setup) failed\]$")
_NO_ID = re.compile(r"error: (?:could not compile|aborting due|test failed, to rerun|\d+ errors?\b)")
_OUTCOME = re.compile(r" (PASSED|FAILED|ERROR)\b[^\n]{0,40}$")
_UNIT = re.compile(r"(\w+) \(([\w.]+)\)")
_LOCATION = re.compile(
    r"^(\S[^\n:]{0,200}?)(?:\(\d+,\d+\)|:\d+(?::\d+)?)(?: -|:) (?:fatal )?(?:error:? ?)?(\w*)(.{0,120})"
)
_TIME = re.compile(r"\s+\(?\d+(?:\.\d+)? ?m?s\)?$")


@dataclass(slots=True)
class Report:
    """What the lines of one run that are read say."""

    failed: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    failed_count: int | None = None
    passed_count: int | None = None
    green: bool = False
    """A line that says all is well."""
    red: bool = False
    """A line that says something failed, without an id."""
    titled: list[str] = field(default_factory=list)
    """Names above the tracebacks: ids where no summary gives better ones."""
    lines: list[str] = field(default_factory=list)
    """The lines that show the red: first the failures, as far as they are listed, then the summary."""

    def verdict(self, *, exit_code: int | None, trusted: bool, any_status: bool) -> str:
        """red, green, or unknown where neither the output nor a status of its own says."""
        if any_status:
            return "green" if exit_code == 0 and trusted else "unknown"
        if self.failed or self.failed_count or self.red:
            return "red"
        if trusted and exit_code:
            return "unknown"  # the status tells of more than the lines do
        return "green" if self.green or self.passed or self.passed_count or (exit_code == 0 and trusted) else "unknown"


def report(lines: Sequence[str], rules: Rules) -> Report:
    """Read the lines of one run that ``report_lines.csv`` names."""
    found = Report()
    for raw in lines:
        before = (len(found.failed), found.red, found.failed_count)
        _read(found, raw[:_MAX_LINE].rstrip(), rules)
        if before != (len(found.failed), found.red, found.failed_count):
            found.lines.append(raw[:_MAX_LINE].strip())
    found.failed = list(dict.fromkeys(found.failed or found.titled))[:_MAX_IDS]
    gone = set(found.failed)
    found.passed = [name for name in dict.fromkeys(found.passed) if name not in gone][:_MAX_IDS]
    return found


def _read(found: Report, line: str, rules: Rules) -> None:
    text = line.strip()
    if text.startswith("test ") and " ... " in text:
        _other(found, text)
    elif text.startswith("___"):
        found.titled += _TITLE.findall(text)
    elif named := _WORKER.match(text) or _FILE.match(text):
        (found.passed if named["word"] in {"PASSED", "OK"} else found.failed).append(named["id"].strip())
    elif (outcome := _OUTCOME.search(text)) and "::" in text:
        name = text[: outcome.start()].strip()
        (found.passed if outcome.group(1) == "PASSED" else found.failed).append(name)
    elif text.startswith(rules.words.report_sums) or _COUNT.match(text) or " examples, " in text:
        _count(found, text)
    elif text.startswith(("FAILED ", "ERROR ")) and (("::" in text) or "/" in text or ".py" in text):
        found.failed.append(text.split(" ", 1)[1].split(" - ", 1)[0].strip())  # path::test[param] - reason
    elif text.startswith(rules.words.report_not_run):
        return
    elif text.startswith(("FAIL: ", "ERROR: ")):
        found.failed.append(_unit(text.split(": ", 1)[1]))
    elif (
        text.startswith(("Ran ", "OK", "Success", "All checks passed", "BUILD SUCC")) or "Compiled successfully" in text
    ):
        found.green = found.green or not text.startswith("Ran ")
    else:
        _other(found, text)


def _other(found: Report, text: str) -> None:
    if " ... " in text:
        name, _, word = text.rpartition(" ... ")
        (found.passed if word == "ok" else found.failed).append(_unit(name.removeprefix("test ")))
    elif text[:1] in "✓✔√✕✗×✖●" and "problem" not in text:
        _marked(found, text)
    elif text.startswith(("--- FAIL: ", "--- PASS: ")):
        (found.failed if "FAIL" in text[:9] else found.passed).append(text[10:].split(" ", maxsplit=1)[0])
    elif text.startswith(("FAIL", "PASS", "ok")):
        name = text.split(None, 1)[1] if " " in text or "\t" in text else ""
        if not name.startswith("["):
            name = _BUILT.sub("", name)
            (found.failed if text.startswith("FAIL") else found.passed).append(_TIME.sub("", name.split("\t")[0]))
    elif text.startswith("not ok "):
        found.failed.append(text[7:].lstrip("0123456789 -"))
    else:
        _located(found, text)


def _marked(found: Report, text: str) -> None:
    if text[:1] in "✓✔√":
        found.passed.append(_TIME.sub("", text[2:].strip()))
    elif text[:1] != "●" or " › " in text or "failed to run" in text:  # otherwise what a test printed
        found.failed.append(_TIME.sub("", text[2:].strip()))


def _located(found: Report, text: str) -> None:
    """A compiler's or a linter's line, or one that only says that something is wrong."""
    if text.startswith(("error: ", "error[")):
        found.red = True
        found.failed += [] if _NO_ID.match(text) else [text[:200]]
    elif location := _LOCATION.match(text.removeprefix("vet: ")):
        found.failed.append(f"{location.group(1)} {location.group(2)}{location.group(3)}".strip()[:200])
    elif not text.startswith("ERROR"):
        found.red = True


def _count(found: Report, text: str) -> None:
    pairs = [(word, int(number)) for number, word in _COUNT.findall(text)]
    pairs += [(word.lower(), int(number)) for word, number in _TERSE.findall(text)]
    bad = [number for word, number in pairs if word.startswith(("fail", "error"))]
    good = [number for word, number in pairs if word.startswith("pass")]
    if bad:
        found.failed_count = max(sum(bad), found.failed_count or 0)
    if good:
        found.passed_count = max(sum(good), found.passed_count or 0)
    if good and not bad:
        found.failed_count = found.failed_count or 0
    found.red = found.red or text.startswith("FAILED (") or "= FAILURES =" in text or "= ERRORS =" in text


def _unit(name: str) -> str:
    """Unittest writes ``test_x (pkg.mod.Class)`` and, since 3.11, ``test_x (pkg.mod.Class.test_x)``."""
    match = _UNIT.match(name)
    if match is None:
        return name.strip()
    test, place = match.groups()
    return place if place.endswith(f".{test}") else f"{place}.{test}"
