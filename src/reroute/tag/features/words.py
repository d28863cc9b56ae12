"""The words of one simple command: which program it is, and which files, needs and scripts it is about."""

from __future__ import annotations

from reroute.tag.features import code, git
from reroute.tag.features.reading import Reading, operands
from reroute.tag.features.rules import Program, Rules
from reroute.tag.features.shell import Part
from reroute.tag.features.targets import file_target, file_targets, looks_like_path, needs, url_target

_UNKNOWN = Program("", "shell", frozenset(), frozenset(), "rest", frozenset())


def read(part: Part, rules: Rules, cwd: str | None) -> Reading:
    """Everything that ``part`` says, its paths joined to ``cwd``."""
    words = effective(part.words, rules)
    name, program, rest = identify(words, rules)
    reading = Reading(name, program, rest)
    reading.probe = "probe" in program.flags or (len(rest) == 1 and rest[0] in rules.words.version_options)
    _READERS.get(program.arguments, _rest)(reading, part, rules, cwd)
    for redirect in part.redirects:
        target = file_target(redirect.target, cwd)
        if target is None or redirect.operator.startswith("2"):
            continue
        if ">" not in redirect.operator:
            reading.targets.append(target)
            continue
        reading.written.append(target)
        reading.created += [target] if ">>" not in redirect.operator else []
        reading.edits = reading.edits or name in rules.words.writing_programs
        if part.body:
            patch = code.patched_files(part.body) if target.endswith(rules.words.patch_suffixes) else []
            patched = file_targets(patch, cwd)
            reading.authored += [(target, patched)] if patched else code.authored(target, part.body, rules.phrases, cwd)
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
        start = 1  # ``git -C folder --no-pager diff``
        while start < len(words) and words[start].startswith("-"):
            start += 2 if words[start] in rules.words.git_options else 1
        words = (name, *words[start:])
    if len(words) > 1:
        row = rules.programs.get(f"{name} {words[1]}")
        if row is not None:
            return row.program, row, words[2:]
    row = rules.programs.get(name)
    if row is None and rules.phrases.interpreter.match(name):
        row = rules.programs["python"]
    return name, row or _UNKNOWN, words[1:]


def _files(reading: Reading, _part: Part, rules: Rules, cwd: str | None) -> None:
    """Every operand names a file; the lexicon says what the program does with it."""
    words, rest = rules.words, reading.rest
    named = operands(rest, reading.program.valued)
    found = file_targets(named, cwd)
    match reading.program.arguments:
        case "written":
            reading.written += found
            reading.created += found if reading.name in words.creating_programs else []
        case "moved":
            reading.written += found
        case "folders":  # making a folder is a change, but of no file
            reading.targets += found
            reading.created += found
        case "copied":
            reading.targets += found[:-1]
            reading.written += found[-1:]
            reading.created += found[-1:]
        case "folder":
            target = file_target(next(iter(named), "~"), cwd)
            reading.folder = target.removeprefix("file:") if target else None
        case "mode":  # the first word is a mode or an owner, unless an option such as -x or --reference=f gives it
            options = [word for word in rest if word[:1] == "-"]
            given = any(word.startswith("--reference") or rules.phrases.file_mode.match(word) for word in options)
            reading.written += found if given else file_targets(named[1:], cwd)
        case "formatted":  # a formatter writes by itself or when it is asked to, and not when it only shows
            asked = not words.fix_options.isdisjoint(rest)
            if asked or (reading.has("formats") and words.show_options.isdisjoint(rest)):
                reading.edits = True
                reading.written += found
            else:
                reading.targets += found
        case _:
            reading.targets += found


def _pattern(reading: Reading, _part: Part, rules: Rules, cwd: str | None) -> None:
    """The first operand is what is looked for, or what ``sed`` does, unless an option gives it."""
    words, rest, valued = rules.words, reading.rest, reading.program.valued
    found = operands(rest, valued)
    if reading.program.arguments == "sed":
        paths = file_targets(found if words.sed_options.intersection(rest) else found[1:], cwd)
        reading.edits = any(word[:1] == "-" and rules.phrases.sed_in_place.match(word) for word in rest)
        (reading.written if reading.edits else reading.targets).extend(paths)
        return
    if rest[:2] == words.awk_in_place:
        reading.edits = True
        reading.written += file_targets(operands(rest[2:], valued)[1:], cwd)
        return
    given = [rest[i + 1] for i, word in enumerate(rest[:-1]) if word in words.pattern_options]
    if not given and words.pattern_file_options.isdisjoint(rest):
        given, found = found[:1], found[1:]
    for pattern in given:
        name = code.file_name(pattern, rules.phrases)
        reading.targets += file_targets([name]) if name else needs(pattern, rules.need_stop_words)
    reading.targets += file_targets(found, cwd)


def _find(reading: Reading, _part: Part, rules: Rules, cwd: str | None) -> None:
    words, rest = rules.words, list(reading.rest)
    first = next((i for i, word in enumerate(rest) if word[:1] in "-(!"), len(rest))
    reading.targets += file_targets(rest[:first], cwd)
    for option, value in zip(rest[first:], rest[first + 1 :], strict=False):
        if option in words.name_options:
            named = file_target(value)
            reading.targets += [named] if named else needs(value, rules.need_stop_words)
    reading.edits = reading.edits or not words.delete_options.isdisjoint(rest)
    start = next((i for i, word in enumerate(rest) if word in words.run_options), None)
    if start is not None:
        inner = [word for word in rest[start + 1 :] if word not in words.run_marks]
        nested = read(Part(tuple(inner)), rules, cwd)
        reading.targets += [target for target in nested.targets if target not in reading.targets]
        reading.edits = reading.edits or nested.edits or nested.has("writes")
        reading.probe = reading.probe and not reading.edits


def _script(reading: Reading, part: Part, rules: Rules, cwd: str | None) -> None:
    """An interpreter: inline code, or a script and its arguments."""
    words, in_place = rules.words, rules.phrases.one_liner_in_place
    if reading.name in words.one_liner_programs and any(map(in_place.match, reading.rest)):
        reading.edits = True
        reading.written += file_targets(operands(reading.rest, words.one_liner_options), cwd)
        return
    text = part.body
    for index, word in enumerate(reading.rest):
        if word in words.inline_options or f"{reading.name} {word}" in words.inline_options:
            text = " ".join(reading.rest[index + 1 : index + 2])
            break
        if word not in reading.program.valued and not word.startswith("-"):
            scripts = file_targets([word], cwd)
            reading.scripts += scripts
            reading.targets += scripts
            reading.targets += file_targets(filter(looks_like_path, reading.rest[index + 1 :]), cwd)
            return
    if text is None:
        return
    reading.inline = text
    paths = file_targets(code.paths(text, rules.phrases), cwd)
    if code.writes(text, rules.phrases):
        reading.edits = True
        reading.written += paths
    else:
        reading.targets += paths
        reading.probe = True
    reading.targets += needs(text, rules.need_stop_words)


def _git(reading: Reading, _part: Part, rules: Rules, cwd: str | None) -> None:
    """A sub-command of git, or a program that names no file at all."""
    named = git.paths(reading.rest, reading.program.valued, rules) if reading.program.arguments == "git" else []
    paths = file_targets(named, cwd)
    reading.targets += paths
    reading.moves += git.moves(reading.name, reading.rest, paths, rules)


def _url(reading: Reading, _part: Part, rules: Rules, cwd: str | None) -> None:
    words = rules.words
    reading.targets += [target for word in reading.rest if (target := url_target(word))]
    for option, value in zip(reading.rest, reading.rest[1:], strict=False):
        if option in words.output_options and looks_like_path(value):
            reading.written += file_targets([value], cwd)
        if option in words.method_options and value.upper() not in words.reading_methods:
            reading.edits = True
    if not words.header_options.isdisjoint(reading.rest):
        reading.probe = True


def _rest(reading: Reading, part: Part, rules: Rules, cwd: str | None) -> None:
    """An unknown program: what looks like a path is one, and a program in a folder is a script."""
    reading.targets += file_targets(filter(looks_like_path, reading.rest), cwd)
    reading.targets += [target for word in reading.rest if "://" in word and (target := url_target(word))]
    if part.words and "/" in part.words[0] and not rules.phrases.installed.search(part.words[0]):
        reading.scripts += file_targets(part.words[:1], cwd)
        reading.targets += reading.scripts


_READERS = {
    "paths": _files, "written": _files, "folders": _files, "copied": _files, "moved": _files, "mode": _files,
    "formatted": _files, "folder": _files, "pattern": _pattern, "sed": _pattern, "find": _find, "script": _script,
    "git": _git, "none": _git, "url": _url, "patch": code.patch, "rest": _rest,
}  # fmt: skip
