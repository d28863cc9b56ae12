"""What a run of tests, a build or a type check reports: failing and passing ids, counts, red or green."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from reroute.tag.features.rules import Rules

_MAX_IDS = 500
_MAX_LINE = 400
_UNIT = re.compile(r"(\w+) \(([\w.]+)\)")


@dataclass(slots=True)
class Report:
    """What the lines of one run that are read say."""

    failed_ids: list[str] = field(default_factory=list)
    passed_ids: list[str] = field(default_factory=list)
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
        if self.failed_ids or self.failed_count or self.red:
            return "red"
        if trusted and exit_code:
            return "unknown"  # the status tells of more than the lines do
        return (
            "green" if self.green or self.passed_ids or self.passed_count or (exit_code == 0 and trusted) else "unknown"
        )


def report(lines: Sequence[str], rules: Rules) -> Report:
    """Read the lines of one run that ``report_lines.csv`` names."""
    found = Report()
    for raw in lines:
        before = (len(found.failed_ids), found.red, found.failed_count)
        _read(found, raw[:_MAX_LINE].rstrip(), rules)
        if before != (len(found.failed_ids), found.red, found.failed_count):
            found.lines.append(raw[:_MAX_LINE].strip())
    found.failed_ids = list(dict.fromkeys(found.failed_ids or found.titled))[:_MAX_IDS]
    gone = set(found.failed_ids)
    found.passed_ids = [name for name in dict.fromkeys(found.passed_ids) if name not in gone][:_MAX_IDS]
    return found


def _read(found: Report, line: str, rules: Rules) -> None:
    text, words, phrases = line.strip(), rules.words, rules.phrases
    if text.startswith("test ") and " ... " in text:
        _other(found, text, rules)
    elif text.startswith("___"):
        found.titled += phrases.report_title.findall(text)
    elif named := phrases.report_worker.match(text) or phrases.report_file.match(text):
        (found.passed_ids if named["word"] in words.report_passed else found.failed_ids).append(named["id"].strip())
    elif (outcome := phrases.report_outcome.search(text)) and "::" in text:
        name = text[: outcome.start()].strip()
        (found.passed_ids if outcome.group(1) in words.report_passed else found.failed_ids).append(name)
    elif text.startswith(words.report_sums) or phrases.report_count.match(text) or " examples, " in text:
        _count(found, text, rules)
    elif text.startswith(words.report_failures) and ("::" in text or "/" in text or ".py" in text):
        found.failed_ids.append(text.split(" ", 1)[1].split(" - ", 1)[0].strip())  # path::test[param] - reason
    elif text.startswith(words.report_ignored):
        return
    elif text.startswith(words.report_unit_failures):
        found.failed_ids.append(_unit(text.split(": ", 1)[1]))
    elif phrases.report_green.match(text):
        found.green = True
    else:
        _other(found, text, rules)


def _other(found: Report, text: str, rules: Rules) -> None:
    """A line that names a test without its file or a package; else see ``_located``."""
    words, phrases = rules.words, rules.phrases
    if " ... " in text:
        name, _, word = text.rpartition(" ... ")
        (found.passed_ids if word == "ok" else found.failed_ids).append(_unit(name.removeprefix("test ")))
    elif text[:1] in phrases.report_passed_marks and "problem" not in text:
        found.passed_ids.append(phrases.report_time.sub("", text[2:].strip()))
    elif text[:1] in phrases.report_failed_marks and "problem" not in text:
        if text[:1] != "●" or " › " in text or "failed to run" in text:  # otherwise what a test printed
            found.failed_ids.append(phrases.report_time.sub("", text[2:].strip()))
    elif text.startswith(words.report_go_tests):
        (found.failed_ids if "FAIL" in text[:9] else found.passed_ids).append(text[10:].split(" ", maxsplit=1)[0])
    elif text.startswith(words.report_results):
        name = text.split(None, 1)[1] if " " in text or "\t" in text else ""
        if not name.startswith("["):
            name = phrases.report_time.sub("", phrases.report_built.sub("", name).split("\t")[0])
            (found.failed_ids if text.startswith("FAIL") else found.passed_ids).append(name)
    elif text.startswith("not ok "):
        found.failed_ids.append(text[7:].lstrip("0123456789 -"))
    else:
        _located(found, text, rules)


def _located(found: Report, text: str, rules: Rules) -> None:
    """A compiler's or a linter's line, or one that only says that something is wrong."""
    if text.startswith(rules.words.report_errors):
        found.red = True
        found.failed_ids += [] if rules.phrases.report_no_id.match(text) else [text[:200]]
    elif place := rules.phrases.report_location.match(text.removeprefix("vet: ")):
        found.failed_ids.append(f"{place.group(1)} {place.group(2)}{place.group(3)}".strip()[:200])
    elif not text.startswith("ERROR"):
        found.red = True


def _count(found: Report, text: str, rules: Rules) -> None:
    pairs = [(word, int(number)) for number, word in rules.phrases.report_count.findall(text)]
    pairs += [(word.lower(), int(number)) for word, number in rules.phrases.report_sum.findall(text)]
    bad = [number for word, number in pairs if word.startswith(("fail", "error"))]
    good = [number for word, number in pairs if word.startswith("pass")]
    if bad:
        found.failed_count = max(sum(bad), found.failed_count or 0)
    if good:
        found.passed_count = max(sum(good), found.passed_count or 0)
    if good and not bad:
        found.failed_count = found.failed_count or 0
    found.red = found.red or rules.phrases.report_red.match(text) is not None


def _unit(name: str) -> str:
    """Unittest writes ``test_x (pkg.mod.Class)`` and, since 3.11, ``test_x (pkg.mod.Class.test_x)``."""
    match = _UNIT.match(name)
    if match is None:
        return name.strip()
    test, place = match.groups()
    return place if place.endswith(f".{test}") else f"{place}.{test}"
