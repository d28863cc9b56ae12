"""A shell command as one action: which part it is about, which part owns the status, what it reads and writes."""

from __future__ import annotations

import re

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
    lines: list[list[_Step]] = []  # pipelines
    for step in steps:
        if step.part.link == "|" and lines:
            lines[-1].append(step)
        else:
            lines.append([step])
    at, main = _main(lines)
    program = main.check.program if main.check else main.reading.name
    facts = Facts(main.reading.program.family, program or None, folder=folder, expected=_expected(lines))
    facts.trusted = lines[at][-1] is main and all(line[0].part.link == "&&" for line in lines[at + 1 :])
    facts.names = tuple([name for step in steps for name in (step.part.program, step.reading.name)])
    _collect(facts, steps, main, rules)
    broken = "broken" if script.how == "words" else ""  # what a quote makes whole is not the same command
    for reading in [step.reading for step in steps] if broken else ():
        # What no shell accepts may have meant the words of a path whose blanks were not quoted.
        sort = reading.program.arguments
        words = operands(reading.rest, reading.program.valued)[int(sort in _AFTER_FIRST) :]
        if len(words) > 1 and sort in _AFTER_FIRST | {"paths", "written", "folder"}:
            facts.targets += file_targets(filter(_NAME.fullmatch, [" ".join(words)]), cwd)
    # Words and redirections with what changes by itself masked, and the texts of here-documents as they are.
    normal = "\x1f".join(["\x1e".join((part.link, *part.words)) for part in script.parts])
    redirects = [f"{redirect.operator}{redirect.target}" for part in script.parts for redirect in part.redirects]
    bodies = [part.body for part in script.parts if part.body]
    shown = "\x1f".join((masked(f"{normal}\x1f{' '.join(redirects)}"), *bodies))
    facts.signature = signature(tool, f"{cwd or ''}\x1f{broken}\x1f{shown}")
    return facts


def _steps(script: Script, rules: Rules, cwd: str | None) -> tuple[list[_Step], str | None]:
    steps = []
    before: Part | None = None
    for given in script.parts:
        part = given
        if given.link == "|" and given.body is None and before and before.program in rules.words.writing_programs:
            # ``cat <<EOF | git apply -`` hands its here-document on.
            part = Part(given.words, given.link, given.redirects, before.body, given.wrappers)
        before = given
        reading = read(part, rules, cwd)
        check = find_check(part.words, rules, cwd)
        nothing = check is None and not reading.edits and (not reading.name or "trivial" in reading.program.flags)
        steps.append(_Step(part, reading, check, nothing))
        cwd = reading.folder or cwd
    return steps, cwd


def _main(lines: list[list[_Step]]) -> tuple[int, _Step]:
    """The pipeline that the command is about, and the step of it that says so.

    The last pipeline with a check, else the last that acts, else the last that looks, else the last. Filters at its end
    only shape what an earlier step says.
    """
    acts = looks = checks = -1
    for index, line in enumerate(lines) if len(lines) > 1 else ():
        for step in line:
            reading = step.reading
            shown = reading.program.family in {"read", "code_search"} and not (reading.edits or reading.written)
            if step.check:
                checks = index
            if not step.trivial:
                looks = index
                acts = acts if shown or reading.probe else index
    at = next((index for index in (checks, acts, looks) if index >= 0), len(lines) - 1)
    line = lines[at]
    own = [step for step in line if not step.trivial]
    while len(own) > 1 and own[-1].reading.has("filter"):
        reading = own[-1].reading
        if reading.program.family == "code_search" or reading.edits or reading.written:
            break
        own.pop()
    return at, next((step for step in line if step.check), own[-1] if own else line[-1])


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


def _collect(facts: Facts, steps: list[_Step], main: _Step, rules: Rules) -> None:
    """What all steps read and write, and the family of the main one."""
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
    inline = main.reading.inline is not None or main.reading.program.arguments in {"sed", "patch"}
    prints = main.reading.name in rules.words.writing_programs
    if main.reading.written if prints else main.reading.edits and inline:
        facts.family = "edit"
    if main.check:
        facts.family = "check"
        facts.check_id, facts.check_kind = main.check.check_id, main.check.kind
        facts.any_status, facts.check_script = main.check.any_status, main.check.script
        facts.scripts += [target for target in main.check.targets if target.startswith("file:")]
