"""What a run of tests, a build or a type check reports: failing and passing ids, counts, red or green."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from reroute.tag.features.lexicons import ascii_classes
from reroute.tag.features.rules import Rules
from reroute.tag.features.schema import CHECKS, build_frame

_ANSI = r"\x1b\[[0-9;?]*[A-Za-z]"
_MAX_LINES = 3000
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

    def read(self, line: str, rules: Rules) -> None:
        """Take in one line."""
        text, words, phrases = line.strip(), rules.words, rules.phrases
        if text.startswith("test ") and " ... " in text:
            self._other(text, rules)
        elif text.startswith("___"):
            self.titled += phrases.report_title.findall(text)
        elif named := phrases.report_worker.match(text) or phrases.report_file.match(text):
            (self.passed_ids if named["word"] in words.report_passed else self.failed_ids).append(named["id"].strip())
        elif (outcome := phrases.report_outcome.search(text)) and "::" in text:
            name = text[: outcome.start()].strip()
            (self.passed_ids if outcome.group(1) in words.report_passed else self.failed_ids).append(name)
        elif text.startswith(words.report_sums) or phrases.report_count.match(text) or " examples, " in text:
            self._count(text, rules)
        elif text.startswith(words.report_failures) and ("::" in text or "/" in text or ".py" in text):
            self.failed_ids.append(text.split(" ", 1)[1].split(" - ", 1)[0].strip())  # path::test[param] - reason
        elif text.startswith(words.report_ignored):
            return
        elif text.startswith(words.report_unit_failures):
            self.failed_ids.append(_unit(text.split(": ", 1)[1]))
        elif phrases.report_green.match(text):
            self.green = True
        else:
            self._other(text, rules)

    def _other(self, text: str, rules: Rules) -> None:
        """A line that names a test without its file or a package; else see ``_located``."""
        words, phrases = rules.words, rules.phrases
        if " ... " in text:
            name, _, word = text.rpartition(" ... ")
            (self.passed_ids if word == "ok" else self.failed_ids).append(_unit(name.removeprefix("test ")))
        elif text[:1] in phrases.report_passed_marks and "problem" not in text:
            self.passed_ids.append(phrases.report_time.sub("", text[2:].strip()))
        elif text[:1] in phrases.report_failed_marks and "problem" not in text:
            if text[:1] != "●" or " › " in text or "failed to run" in text:  # otherwise what a test printed
                self.failed_ids.append(phrases.report_time.sub("", text[2:].strip()))
        elif text.startswith(words.report_go_tests):
            (self.failed_ids if "FAIL" in text[:9] else self.passed_ids).append(text[10:].split(" ", maxsplit=1)[0])
        elif text.startswith(words.report_results):
            name = text.split(None, 1)[1] if " " in text or "\t" in text else ""
            if not name.startswith("["):
                name = phrases.report_time.sub("", phrases.report_built.sub("", name).split("\t")[0])
                (self.failed_ids if text.startswith("FAIL") else self.passed_ids).append(name)
        elif text.startswith("not ok "):
            self.failed_ids.append(text[7:].lstrip("0123456789 -"))
        else:
            self._located(text, rules)

    def _located(self, text: str, rules: Rules) -> None:
        """A compiler's or a linter's line, or one that only says that something is wrong."""
        if text.startswith(rules.words.report_errors):
            self.red = True
            self.failed_ids += [] if rules.phrases.report_no_id.match(text) else [text[:200]]
        elif place := rules.phrases.report_location.match(text.removeprefix("vet: ")):
            self.failed_ids.append(f"{place.group(1)} {place.group(2)}{place.group(3)}".strip()[:200])
        elif not text.startswith("ERROR"):
            self.red = True

    def _count(self, text: str, rules: Rules) -> None:
        pairs = [(word, int(number)) for number, word in rules.phrases.report_count.findall(text)]
        pairs += [(word.lower(), int(number)) for word, number in rules.phrases.report_sum.findall(text)]
        bad = [number for word, number in pairs if word.startswith(("fail", "error"))]
        good = [number for word, number in pairs if word.startswith("pass")]
        if bad:
            self.failed_count = max(sum(bad), self.failed_count or 0)
        if good:
            self.passed_count = max(sum(good), self.passed_count or 0)
        if good and not bad:
            self.failed_count = self.failed_count or 0
        self.red = self.red or rules.phrases.report_red.match(text) is not None


def checked(frame: pl.DataFrame, rules: Rules) -> tuple[pl.DataFrame, dict[int, Report]]:
    """The frame with ``schema.CHECKS``, and what every run of a check says, by row."""
    cut, text = int(rules.thresholds["check_output"]), pl.col("result_content")
    ends = pl.concat_str(text.str.head(cut), pl.lit("\n"), text.str.tail(cut))
    long, phrases = pl.col("observation_chars") > 2 * cut, rules.phrases
    checks = frame.filter(pl.col("check_kind").is_not_null()).select(
        "at", "result_exit_code", "scope", "trusted", "any_status", "check_kind",
        shown=pl.when(long).then(ends).otherwise(text),
        missing=pl.col("obs").str.contains(phrases.not_reached) | pl.col("obs").str.contains(phrases.not_there),
        troubled=pl.col("obs").str.contains(phrases.trouble) | pl.col("obs").str.contains(phrases.crashed),
    )  # fmt: skip
    plain = checks["shown"]
    if plain.str.contains("\x1b", literal=True).any():
        plain = plain.str.replace_all(_ANSI, "")
    lines = plain.str.extract_all(ascii_classes(rules.report_lines)).list.head(_MAX_LINES)
    blank = Report()
    found = [blank] * frame.height
    verdict: list[str | None] = [None] * frame.height
    reports: dict[int, Report] = {}
    for row, shown in zip(checks.drop("shown").iter_rows(named=True), lines.to_list(), strict=True):
        at, code, error, any_status = row["at"], row["result_exit_code"], row["scope"] == "error", row["any_status"]
        if shown is not None:
            reports[at] = found[at] = report(shown, rules)
        stated = code if code is not None else {"error": 1, "ok": 0}.get(row["scope"])
        said = found[at].verdict(exit_code=stated, trusted=row["trusted"], any_status=any_status)
        silent = said == "unknown" and error and not (any_status or row["missing"])
        failed = row["check_kind"] != "test" or (code == 1 and row["trusted"] and not row["troubled"])
        verdict[at] = "red" if silent and failed else said
    listed = [[getattr(report, name) for report in found] for name, _, _ in CHECKS[:-1]]
    return frame.hstack(build_frame(CHECKS, [*listed, verdict])), reports


def report(lines: Sequence[str], rules: Rules) -> Report:
    """Read the lines of one run that ``report_lines.csv`` names."""
    found = Report()
    for raw in lines:
        before = (len(found.failed_ids), found.red, found.failed_count)
        found.read(raw[:_MAX_LINE].rstrip(), rules)
        if before != (len(found.failed_ids), found.red, found.failed_count):
            found.lines.append(raw[:_MAX_LINE].strip())
    found.failed_ids = list(dict.fromkeys(found.failed_ids or found.titled))[:_MAX_IDS]
    gone = set(found.failed_ids)
    found.passed_ids = [name for name in dict.fromkeys(found.passed_ids) if name not in gone][:_MAX_IDS]
    return found


def _unit(name: str) -> str:
    """Unittest writes ``test_x (pkg.mod.Class)`` and, since 3.11, ``test_x (pkg.mod.Class.test_x)``."""
    match = _UNIT.match(name)
    if match is None:
        return name.strip()
    test, place = match.groups()
    return place if place.endswith(f".{test}") else f"{place}.{test}"
