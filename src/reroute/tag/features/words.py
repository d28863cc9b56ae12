"""The words of one simple command: which program it is, and which files, needs and scripts it is about."""

from __future__ import annotations

import re

from reroute.tag.features import code, git, rewrites
from reroute.tag.features.reading import Reading, operands
from reroute.tag.features.rules import Program, Rules
from reroute.tag.features.shell import Part
from reroute.tag.features.targets import file_target, file_targets, looks_like_path, needs, url_target

_UNKNOWN = Program("", "shell", frozenset(), frozenset(), "rest", frozenset())
_IN_PLACE = re.compile(r"-[nErsuz]{0,6}i|--in-place")
_PERL_IN_PLACE = re.compile(r"-[acln0pws]{0,6}i")
_MODE = re.compile(r"[-+=ugoa]*[-+=][rwxXst]+$")


def read(part: Part, rules: Rules, cwd: str | None) -> Reading:
    """Everything that ``part`` says, its paths joined to ``cwd``."""
    words = effective(part.words, rules)
    name, program, rest = identify(words, rules)
    reading = Reading(name, program, rest)
    reading.probe = "probe" in program.flags or (len(rest) == 1 and rest[0] in rules.words.version_options)
    _READERS.get(program.arguments, _rest)(reading, part, rules, cwd)
    if part.redirects:
        _redirects(reading, part, rules, cwd)
    if reading.written or reading.edits:
        reading.probe = False
    return reading


def effective(words: tuple[str, ...], rules: Rules) -> tuple[str, ...]:
    """``python -m pytest x`` is ``pytest x``."""
    if len(words) > 2 and "-m" in words and rules.phrases.interpreter.match(words[0].rsplit("/", 1)[-1]):
        for index, word in enumerate(words[1:], 1):
            if word == "-m" and index + 1 < len(words):
                return words[index + 1 :]
            if word == "-c" or not word.startswith("-"):
                break
    return words


def identify(words: tuple[str, ...], rules: Rules) -> tuple[str, Program, tuple[str, ...]]:
    """The name by which the program is known, what is known of it, and the words that follow the name."""
    if not words:
        return "", _UNKNOWN, ()
    name = words[0].rsplit("/", 1)[-1]
    if name == "git":
        skipped = git.skip_options(words)
        words = (name, *words[skipped:])
    if len(words) > 1:
        row = rules.programs.get(f"{name} {words[1]}")
        if row is not None:
            return row.program, row, words[2:]
    row = rules.programs.get(name)
    if row is None and rules.phrases.interpreter.match(name):
        row = rules.programs["python"]
    return name, row or _UNKNOWN, words[1:]


def _files(reading: Reading, _part: Part, rules: Rules, cwd: str | None) -> None:
    """Every operand names a file; the lexicon says whether the program reads, writes, makes, moves or copies it."""
    found = file_targets(operands(reading.rest, reading.program.valued), cwd)
    match reading.program.arguments:
        case "written":
            reading.written += found
            reading.created += found if reading.name in rules.words.creating_programs else []
        case "moved":
            reading.written += found
        case "folders":  # making a folder is a change, but of no file
            reading.targets += found
            reading.created += found
        case "copied":
            reading.targets += found[:-1]
            reading.written += found[-1:]
            reading.created += found[-1:]
        case _:
            reading.targets += found


def _folder(reading: Reading, _part: Part, _rules: Rules, cwd: str | None) -> None:
    target = file_target(next(iter(operands(reading.rest, frozenset())), "~"), cwd)
    reading.folder = target.removeprefix("file:") if target else None


def _mode(reading: Reading, _part: Part, _rules: Rules, cwd: str | None) -> None:
    """The first word is a mode or an owner, unless an option such as ``-x`` or ``--reference=f`` gives it."""
    found = operands(reading.rest, reading.program.valued)
    given = any(word.startswith("--reference") or _MODE.match(word) for word in reading.rest if word[:1] == "-")
    reading.written += file_targets(found if given else found[1:], cwd)


def _pattern(reading: Reading, _part: Part, rules: Rules, cwd: str | None) -> None:
    """The first operand is what is looked for, unless an option gives it."""
    rest = reading.rest
    if rest[:2] == ("-i", "inplace"):
        reading.edits = True
        reading.written += file_targets(operands(rest[2:], reading.program.valued)[1:], cwd)
        return
    given = [rest[i + 1] for i, word in enumerate(rest[:-1]) if word in {"-e", "--regexp"}]
    found = operands(rest, reading.program.valued)
    if not given and not {"-f", "--files"} & set(rest):
        given, found = found[:1], found[1:]
    for pattern in given:
        name = code.file_name(pattern)
        reading.targets += file_targets([name]) if name else needs(pattern, rules.need_stop_words)
    reading.targets += file_targets(found, cwd)


def _sed(reading: Reading, _part: Part, _rules: Rules, cwd: str | None) -> None:
    rest = reading.rest
    found = operands(rest, reading.program.valued)
    if not {"-e", "--expression", "-f", "--file"} & set(rest):
        found = found[1:]
    in_place = any(word[:1] == "-" and _IN_PLACE.match(word) for word in rest)
    paths = file_targets(found, cwd)
    if in_place:
        reading.edits = True
        reading.written += paths
    else:
        reading.targets += paths


def _find(reading: Reading, _part: Part, rules: Rules, cwd: str | None) -> None:
    rest = list(reading.rest)
    first = next((i for i, word in enumerate(rest) if word[:1] in "-(!"), len(rest))
    reading.targets += file_targets(rest[:first], cwd)
    for option, value in zip(rest[first:], rest[first + 1 :], strict=False):
        if option in {"-name", "-iname", "-path", "-wholename", "-regex"}:
            named = file_target(value)
            reading.targets += [named] if named else needs(value, rules.need_stop_words)
    reading.edits = reading.edits or "-delete" in rest
    start = next((i for i, word in enumerate(rest) if word in {"-exec", "-execdir", "-ok"}), None)
    if start is not None:
        inner = [word for word in rest[start + 1 :] if word not in {"{}", ";", "+", "\\;"}]
        nested = read(Part(tuple(inner)), rules, cwd)
        reading.targets += [target for target in nested.targets if target not in reading.targets]
        reading.edits = reading.edits or nested.edits or nested.has("writes")
        reading.probe = reading.probe and not reading.edits


def _script(reading: Reading, part: Part, rules: Rules, cwd: str | None) -> None:
    """An interpreter: inline code, or a script and its arguments."""
    if reading.name in rules.words.one_liner_programs and any(map(_PERL_IN_PLACE.match, reading.rest)):
        found = operands(reading.rest, rules.words.one_liner_options)
        reading.edits, reading.written = True, [*reading.written, *file_targets(found, cwd)]
        return
    for index, word in enumerate(reading.rest):
        if word in rules.words.inline_options or (word == "-r" and reading.name == "php"):
            _inline(reading, " ".join(reading.rest[index + 1 : index + 2]), rules, cwd)
            return
        if word in reading.program.valued:
            continue
        if not word.startswith("-"):
            scripts = file_targets([word], cwd)
            reading.scripts += scripts
            reading.targets += scripts
            reading.targets += file_targets(filter(looks_like_path, reading.rest[index + 1 :]), cwd)
            return
    if part.body is not None:
        _inline(reading, part.body, rules, cwd)


def _inline(reading: Reading, text: str, rules: Rules, cwd: str | None) -> None:
    reading.inline = text
    paths = file_targets(code.paths(text), cwd)
    if code.writes(text):
        reading.edits = True
        reading.written += paths
    else:
        reading.targets += paths
        reading.probe = True
    reading.targets += needs(text, rules.need_stop_words)


def _git(reading: Reading, _part: Part, _rules: Rules, cwd: str | None) -> None:
    """A sub-command of git, or a program that names no file at all."""
    named = git.paths(reading.rest, reading.program.valued) if reading.program.arguments == "git" else []
    paths = file_targets(named, cwd)
    reading.targets += paths
    reading.moves += git.moves(reading.name, reading.rest, paths)


def _url(reading: Reading, _part: Part, _rules: Rules, cwd: str | None) -> None:
    reading.targets += [target for word in reading.rest if (target := url_target(word))]
    for option, value in zip(reading.rest, reading.rest[1:], strict=False):
        if option in {"-o", "-O", "--output"} and looks_like_path(value):
            reading.written += file_targets([value], cwd)
        if option in {"-X", "--request"} and value.upper() not in {"GET", "HEAD"}:
            reading.edits = True
    if {"-I", "--head"} & set(reading.rest):
        reading.probe = True


def _rest(reading: Reading, part: Part, rules: Rules, cwd: str | None) -> None:
    """An unknown program: what looks like a path is one, and a program in a folder is a script."""
    reading.targets += file_targets(filter(looks_like_path, reading.rest), cwd)
    reading.targets += [target for word in reading.rest if "://" in word and (target := url_target(word))]
    if part.words and "/" in part.words[0] and not rules.phrases.installed.search(part.words[0]):
        reading.scripts += file_targets(part.words[:1], cwd)
        reading.targets += reading.scripts


def _redirects(reading: Reading, part: Part, rules: Rules, cwd: str | None) -> None:
    for redirect in part.redirects:
        target = file_target(redirect.target, cwd)
        if target is None or redirect.operator.startswith("2"):
            continue
        if ">" in redirect.operator:
            reading.written.append(target)
            reading.created += [target] if ">>" not in redirect.operator else []
            reading.authored += rewrites.authored(target, part.body, cwd) if part.body else []
            reading.edits = reading.edits or reading.name in rules.words.writing_programs
        else:
            reading.targets.append(target)


_READERS = {
    "paths": _files, "written": _files, "folders": _files, "copied": _files, "moved": _files, "mode": _mode,
    "folder": _folder, "pattern": _pattern, "sed": _sed, "find": _find, "script": _script, "git": _git, "none": _git,
    "url": _url, "patch": rewrites.patch, "formatted": rewrites.formatted, "rest": _rest,
}  # fmt: skip
