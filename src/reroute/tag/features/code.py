"""Text that changes files once it is run or applied: code (``python -c``, a script on standard input) and patches."""

from __future__ import annotations

import re

from reroute.tag.features.lexicons import Phrases
from reroute.tag.features.reading import Reading, operands
from reroute.tag.features.rules import Rules
from reroute.tag.features.shell import Part
from reroute.tag.features.targets import file_targets, looks_like_path

_MAX = 20_000  # characters of code that are read
_MAX_PATCH = 200_000
_STRING = re.compile(r"""["']([\w./~-]{3,200})["']""")
_NAME = re.compile(r"[\w./-]{4,200}")
_PATCHED = re.compile(
    r"^(?:\*\*\* (?:Add|Update|Delete) File: |\*\*\* Move to: |\+\+\+ (?:b/)?(?!/dev/null))(\S[^\t\n]{0,300})",
    re.MULTILINE,
)
_ADDED = re.compile(r"^\*\*\* Add File: (\S.{0,300})$", re.MULTILINE)


def paths(text: str, phrases: Phrases) -> list[str]:
    """Quoted words of the code that look like files."""
    words = dict.fromkeys(_STRING.findall(text[:_MAX]))
    return [word for word in words if phrases.source_file.search(word) and looks_like_path(word)][:20]


def file_name(pattern: str, phrases: Phrases) -> str | None:
    """The name of a source file that a pattern is, its dots escaped or not; None for every other pattern."""
    name = pattern.replace("\\.", ".").removeprefix("^").removesuffix("$")
    return name if _NAME.fullmatch(name) and phrases.source_file.search(name) and looks_like_path(name) else None


def authored(target: str, text: str, phrases: Phrases, cwd: str | None = None) -> list[tuple[str, list[str]]]:
    """The file that ``text`` is put into and what it writes once it is run, if it writes anything."""
    return [(target, found)] if writes(text, phrases) and (found := file_targets(paths(text, phrases), cwd)) else []


def writes(text: str, phrases: Phrases) -> bool:
    """Whether the code changes files."""
    return bool(phrases.code_writes.search(text[:_MAX]))


def patched_files(patch: str) -> list[str]:
    """The files that a patch changes, in its own words."""
    return list(dict.fromkeys(name.strip() for name in _PATCHED.findall(patch[:_MAX_PATCH])))


def patch(reading: Reading, part: Part, rules: Rules, cwd: str | None) -> None:
    """A patch that the command applies: in its words, on its standard input, or in a file that it names."""
    reading.edits = True
    text = part.body or " ".join(reading.rest)
    reading.written += file_targets(patched_files(text), cwd)
    reading.created += file_targets(_ADDED.findall(text[:_MAX_PATCH]), cwd)
    named = operands(reading.rest, reading.program.valued)
    if part.body is None and reading.name not in rules.words.patch_tools:
        given = [redirect.target for redirect in part.redirects if redirect.operator == "<"]
        reading.scripts += file_targets([*named, *given], cwd)
    if reading.name == "patch" and not reading.written:
        reading.written += file_targets(named[:1], cwd)
    back = not rules.words.reverse_options.isdisjoint(reading.rest)
    reading.moves.append(("revert" if back else "restore", tuple(reading.written)))
