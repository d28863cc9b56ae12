"""A project on a terminal: status, health, quarantine, what tagging did and what a rebuild brought back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from reroute.collect.collected import shortened
from reroute.safe_text import one_line
from reroute.terminal.output import table, text

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

    from reroute.collect.quarantine import Quarantined
    from reroute.operate.doctor import Finding
    from reroute.operate.rebuild import Rebuilt, Recovered
    from reroute.operate.status import Status
    from reroute.tag.tagging import Tagged

_LONG = 500
"""Characters of a text from a record that are shown where the record is shown in full."""


def status(found: Status) -> Table:
    """The figures of a project, a line each, and its alarms."""
    it = found.figures
    formats = ", ".join(f"{count:,} {name}" for name, count in found.formats.items())
    collected, tagged = (
        "" if moment is None else f", last {moment:%Y-%m-%d %H:%M} UTC" for moment in (it.collected_at, it.tagged_at)
    )
    waiting = f", {it.untagged_parts:,} parts not tagged yet" if it.untagged_parts else ""
    lines = [
        ("runs", f"{it.runs:,}{f' ({formats})' if formats else ''}"),
        ("lake", f"{it.steps:,} steps in {it.parts:,} parts, {it.bytes / 1e6:,.1f} MB"),
        ("files", f"{it.files:,} read, {it.unknown_files:,} passed by{collected}"),
        ("quarantine", f"{it.quarantined:,} records"),
    ]
    if it.conflicts:
        lines.append(("conflicts", f"{it.conflicts:,} runs have versions that do not continue each other"))
    jobs = ", ".join(f"{count:,} {state}" for state, count in found.jobs.items())
    lines += [
        ("episodes", f"{it.episodes:,}{tagged}{waiting}"),
        ("grades", f"{it.grades:,}"),
        ("datasets", f"{it.datasets:,} passed their gates"),
        ("jobs", jobs or "none"),
    ]
    shown = table(labels="dim")
    lines += [("drift", one_line(words, _LONG)) for words in shortened(found.drift)]
    for label, words in [*lines, *(("ALARM", alarm) for alarm in found.alarms)]:
        shown.add_row(label, words)
    return shown


def status_facts(found: Status) -> dict[str, object]:
    """What ``reroute status --json`` says; times are ISO 8601 with their offset from UTC."""
    figures = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(found.figures).items()
    }
    return asdict(found) | {"figures": figures}


def health(findings: Sequence[Finding]) -> Iterator[Text]:
    """What the doctor looked at, a line each, with the remedy below it."""
    for finding in findings:
        remedy = f"\n     -> {finding.remedy}" if finding.remedy else ""
        mark = ("ok  ", "green") if finding.well else ("BAD ", "bold red")
        yield text(mark, f" {finding.what}: {finding.found}{remedy}")


def quarantine(rows: Sequence[Quarantined]) -> list[RenderableType]:
    """The records in quarantine, a line each: id, file and position, reason."""
    shown = table(alignment="<<<")
    for row in rows:
        place = f"{one_line(row.path, 60)}:{row.source_index}"
        shown.add_row(row.quarantine_id[:8], place, one_line(row.reason, 100))
    return [shown if rows else text("Nothing is in quarantine.")]


def quarantined(row: Quarantined) -> Table:
    """One record in full."""
    where = "the whole file" if row.source_index < 0 else f"record {row.source_index}, from byte {row.byte_offset}"
    shown = table(labels="dim")
    shown.add_row("id", row.quarantine_id)
    shown.add_row("file", f"{one_line(row.path, _LONG)} (source {row.source}, read as {row.format})")
    shown.add_row("where", where)
    shown.add_row("reason", one_line(row.reason, _LONG))
    shown.add_row("sha256", row.sha256)
    shown.add_row("first seen", f"{row.first_seen:%Y-%m-%d %H:%M} UTC")
    shown.add_row("begins", one_line(row.excerpt, _LONG))
    return shown


def tagged(result: Tagged) -> list[RenderableType]:
    """What a tagging run did in one sentence, and the episodes by kind and outcome, a line each."""
    shown = table(alignment="<<>")
    for kind, outcomes in result.episodes.items():
        for outcome, count in outcomes.items():
            shown.add_row(kind, outcome, f"{count:,}")
    return [text(result.line()), *([shown] if result.episodes else [])]


def rebuilt(result: Rebuilt | Recovered) -> Iterator[Text]:
    """Where the old files lie, what came back and from where, and what did not."""
    from reroute.operate.rebuild import Recovered

    if isinstance(result, Recovered) and not result.parts:
        yield text("no lake part is damaged")
        return
    yield from (text(f"moved aside: {name}") for name in result.aside)
    if isinstance(result, Recovered):
        back = f"{result.versions - result.superseded - len(result.lost):,} of {result.versions:,}"
        yield text(f"parts {', '.join(result.parts)}: {back} trajectory versions are back")
        if result.superseded:
            yield text(f"{result.superseded:,} superseded versions are in no source any more; later ones stand")
        yield from (text(f"LOST: {run}") for run in result.lost)
    else:
        for origin, tables in result.tables.items():
            yield text(f"from {origin}: {', '.join(f'{name} {count:,}' for name, count in tables.items())}")
        yield from (text(f"NOT RECOVERED: {line}") for line in result.lost)
