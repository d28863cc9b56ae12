"""A shell command as one action: which part it is about, which part owns the status, what it reads and writes."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from reroute.tag.features.checks import CheckCall, find_check
from reroute.tag.features.facts import Facts
from reroute.tag.features.reading import Reading, operands
from reroute.tag.features.rules import Rules
from reroute.tag.features.shell import Part, Script
from reroute.tag.features.signatures import masked, signature
from reroute.tag.features.targets import file_targets
from reroute.tag.features.words import read

_XARGS_CHILD_FAILED = 123
_AFTER_FIRST = frozenset(["sed", "pattern"])
"""Readers of programs whose first operand is no path."""
_NAME = re.compile(r"[\w ./~()\[\]&+,@-]{3,200}")


class _Step(msgspec.Struct, gc=False):
    """A part with its reading and, if it is one, its check."""

    part: Part
    reading: Reading
    check: CheckCall | None
    trivial: bool


def command_facts(tool: str, script: Script, rules: Rules, cwd: str | None) -> Facts:
    """The facts of a parsed command that begins in ``cwd`` (None: unknown)."""
    steps, folder = _steps(script, rules, cwd)
    if not steps:
        return Facts("shell", signature=signature(tool, ""), folder=cwd)
    lines = _pipelines(steps)
    main_line = _main_line(lines) if len(lines) > 1 else 0
    main = _main_step(lines[main_line]) if len(lines[main_line]) > 1 else lines[main_line][0]
    facts = Facts(_family(main, rules), _program(main), folder=folder, expected=_expected(lines))
    facts.trusted = lines[main_line][-1] is main and _reaches_status(lines, main_line)
    facts.names = tuple([name for step in steps for name in (step.part.program, step.reading.name)])
    _collect(facts, steps, main)
    broken = "broken" if script.how == "words" else ""  # what a quote mends is not the same command
    facts.targets += _unquoted(steps, cwd) if broken else []
    facts.signature = signature(tool, f"{cwd or ''}\x1f{broken}\x1f{_normal(script.parts)}")
    return facts


def _normal(parts: Sequence[Part]) -> str:
    """Words and redirections with what changes by itself masked, and the texts of here-documents as they are."""
    words = "\x1f".join(["\x1e".join((part.link, *part.words)) for part in parts])
    redirects = [f"{redirect.operator}{redirect.target}" for part in parts for redirect in part.redirects]
    bodies = [part.body for part in parts if part.body]
    return "\x1f".join((masked(f"{words}\x1f{' '.join(redirects)}"), *bodies))


def _steps(script: Script, rules: Rules, cwd: str | None) -> tuple[list[_Step], str | None]:
    steps = []
    before: Part | None = None
    for given in script.parts:
        part, before = _fed(given, before, rules), given
        reading = read(part, rules, cwd)
        check = find_check(part.words, rules, cwd)
        nothing = check is None and not reading.edits and (not reading.name or "trivial" in reading.program.flags)
        steps.append(_Step(part, reading, check, nothing))
        cwd = reading.folder or cwd
    return steps, cwd


def _fed(part: Part, before: Part | None, rules: Rules) -> Part:
    """The part with the here-document that ``cat`` hands it: ``cat <<EOF | git apply -``."""
    if (
        part.link != "|"
        or part.body is not None
        or before is None
        or before.program not in rules.words.writing_programs
    ):
        return part
    return Part(part.words, part.link, part.redirects, before.body, part.wrappers)


def _unquoted(steps: Sequence[_Step], cwd: str | None) -> list[str]:
    """What a line that no shell accepts may have meant: the words of a path whose blanks were not quoted."""
    found: list[str] = []
    for step in steps:
        program = step.reading.program
        words = operands(step.reading.rest, program.valued)[int(program.arguments in _AFTER_FIRST) :]
        if len(words) > 1 and program.arguments in _AFTER_FIRST | {"paths", "written", "folder"}:
            found += file_targets(filter(_NAME.fullmatch, [" ".join(words)]), cwd)
    return found


def _pipelines(steps: list[_Step]) -> list[list[_Step]]:
    lines: list[list[_Step]] = []
    for step in steps:
        if step.part.link == "|" and lines:
            lines[-1].append(step)
        else:
            lines.append([step])
    return lines


def _main_line(lines: list[list[_Step]]) -> int:
    """The last line with a check, else the last that acts, else the last that looks, else the last."""
    for telling in (_checks, _acts, _looks):
        found = [index for index, line in enumerate(lines) if any(map(telling, line))]
        if found:
            return found[-1]
    return len(lines) - 1


def _checks(step: _Step) -> bool:
    return step.check is not None


def _acts(step: _Step) -> bool:
    reading = step.reading
    shown = reading.program.family in {"read", "code_search"} and not (reading.edits or reading.written)
    return not (step.trivial or shown or reading.probe)


def _looks(step: _Step) -> bool:
    return not step.trivial


def _main_step(line: list[_Step]) -> _Step:
    """Filters at the end of a pipeline only shape what an earlier part says."""
    for step in line:
        if step.check:
            return step
    kept = [step for step in line if not step.trivial]
    while len(kept) > 1 and kept[-1].reading.has("filter") and not _searches(kept[-1]):
        kept.pop()
    return kept[-1] if kept else line[-1]


def _searches(step: _Step) -> bool:
    return step.reading.program.family == "code_search" or step.reading.edits or bool(step.reading.written)


def _reaches_status(lines: list[list[_Step]], main: int) -> bool:
    return all(line[0].part.link == "&&" for line in lines[main + 1 :])


def _expected(lines: list[list[_Step]]) -> frozenset[int]:
    """Codes expected of the part that owns the status, or of one whose failure would have ended the chain."""
    codes: frozenset[int] = frozenset()
    for line in reversed(lines):
        owner = line[-1]
        codes |= owner.reading.program.expected
        if owner.check:
            codes |= owner.check.expected
        if owner.reading.program.expected and "xargs" in owner.part.wrappers:
            codes |= {_XARGS_CHILD_FAILED}
        if line[0].part.link != "&&":
            break
    return codes


def _family(main: _Step, rules: Rules) -> str:
    if main.check:
        return "check"
    reading = main.reading
    if reading.name in rules.words.writing_programs:
        return "edit" if reading.written else reading.program.family
    if reading.edits and reading.program.arguments in {"sed", "patch"}:
        return "edit"
    if reading.inline is not None and reading.edits:
        return "edit"
    return reading.program.family


def _program(main: _Step) -> str | None:
    return (main.check.program if main.check else main.reading.name) or None


def _collect(facts: Facts, steps: list[_Step], main: _Step) -> None:
    alone = len(steps) == 1
    moves: list[tuple[str, tuple[str, ...]]] = []
    for step in steps:
        reading = step.reading
        facts.writes |= reading.edits or reading.has("writes") or bool(reading.written)
        facts.content |= (reading.has("content") or reading.has("listing")) and not (reading.edits or reading.written)
        facts.created += reading.created
        facts.authored += reading.authored
        facts.inline |= reading.inline is not None
        facts.scripts += reading.scripts
        facts.written += reading.written
        facts.targets += step.check.targets if step.check else reading.targets
        if reading.folder:
            (facts.targets if alone else facts.entered).append("file:" + reading.folder)
        moves += reading.moves
        if step.check:
            moves.append(("check", step.check.targets))
        moves += [("restore", (target,)) for target in reading.written]
    facts.moves = tuple(moves)
    facts.probe = main.reading.probe and main.check is None and not facts.writes
    facts.written = list(dict.fromkeys(facts.written))
    facts.targets = list(dict.fromkeys(facts.targets + facts.written))
    if main.check:
        facts.check_id, facts.check_kind = main.check.check_id, main.check.kind
        facts.any_status, facts.check_script = main.check.any_status, main.check.script
        facts.scripts += [target for target in main.check.targets if target.startswith("file:")]
