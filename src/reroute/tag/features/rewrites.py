"""Programs that rewrite files by themselves: patches, formatters, and code that waits in a file to be run."""

from __future__ import annotations

import re

from reroute.tag.features import code
from reroute.tag.features.reading import Reading, operands
from reroute.tag.features.rules import Rules
from reroute.tag.features.shell import Part
from reroute.tag.features.targets import file_targets

_PATCHED = re.compile(
    r"^(?:\*\*\* (?:Add|Update|Delete) File: |\*\*\* Move to: |\+\+\+ (?:b/)?(?!/dev/null))(\S[^\t\n]{0,300})",
    re.MULTILINE,
)
_ADDED = re.compile(r"^\*\*\* Add File: (\S.{0,300})$", re.MULTILINE)
_MAX_PATCH = 200_000


def patch(reading: Reading, part: Part, _rules: Rules, cwd: str | None) -> None:
    reading.edits = True
    text = part.body or " ".join(reading.rest)
    reading.written += file_targets(patched_files(text), cwd)
    reading.created += file_targets(_ADDED.findall(text[:_MAX_PATCH]), cwd)
    if part.body is None and reading.name not in {"apply_patch", "applypatch"}:
        given = [redirect.target for redirect in part.redirects if redirect.operator == "<"]
        reading.scripts += file_targets([*operands(reading.rest, reading.program.valued), *given], cwd)
    if reading.name == "patch" and not reading.written:
        reading.written += file_targets(operands(reading.rest, reading.program.valued)[:1], cwd)
    if not {"-R", "--reverse"} & set(reading.rest):
        reading.moves.append(("restore", tuple(reading.written)))
    else:
        reading.moves.append(("revert", tuple(reading.written)))


def patched_files(patch: str) -> list[str]:
    """The files that a patch changes, in its own words."""
    return list(dict.fromkeys(name.strip() for name in _PATCHED.findall(patch[:_MAX_PATCH])))


def formatted(reading: Reading, _part: Part, rules: Rules, cwd: str | None) -> None:
    """A formatter writes by itself or when it is asked to, and not when it only shows."""
    found = file_targets(operands(reading.rest, reading.program.valued), cwd)
    words = set(reading.rest)
    if words & rules.words.fix_options or (reading.has("formats") and not words & rules.words.show_options):
        reading.edits = True
        reading.written += found
    else:
        reading.targets += found


def authored(target: str, body: str, cwd: str | None) -> list[tuple[str, list[str]]]:
    """What the text put into ``target`` changes once it is run or applied."""
    if target.endswith((".patch", ".diff")) and (found := file_targets(patched_files(body), cwd)):
        return [(target, found)]
    return code.authored(target, body, cwd)
