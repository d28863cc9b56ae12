"""The lexicons ``phrases`` and ``words``: what harnesses, shells, runners and programs say, under names of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

_Lexicon = TypeVar("_Lexicon", bound=msgspec.Struct)


class Phrases(msgspec.Struct, frozen=True):
    """One expression a name; what each is for stands in ``phrases.csv``. Texts are for the column matcher."""

    missing_file: str
    shell_reset: str
    error_alone: str
    crashed: str
    not_reached: str
    trouble: str
    not_there: str
    question: str
    screenshot: re.Pattern[str]
    page_tree: re.Pattern[str]
    page_address: re.Pattern[str]
    page_title: re.Pattern[str]
    page_place: re.Pattern[str]
    page_metadata: str
    """No expression: the text itself."""
    page_text: str
    """No expression: the text itself."""
    exception: re.Pattern[str]
    harmless: re.Pattern[str]
    reproduces: re.Pattern[str]
    changes: re.Pattern[str]
    lasting_test: re.Pattern[str]
    scratch_test: re.Pattern[str]
    interpreter: re.Pattern[str]
    python: re.Pattern[str]
    installed: re.Pattern[str]
    test_file: re.Pattern[str]
    error_wrapper: re.Pattern[str]


class Words(msgspec.Struct, frozen=True):
    """One list of words a name; what each is for stands in ``words.csv``. A tuple keeps the order of the file."""

    empty_results: frozenset[str]
    partial_edit_arguments: frozenset[str]
    editor_looks: frozenset[str]
    todo_finished: frozenset[str]
    todo_dropped: frozenset[str]
    gesture_arguments: tuple[str, ...]
    probe_signals: frozenset[str]
    script_signals: frozenset[str]
    version_signals: frozenset[str]
    unstarted_script: tuple[str, ...]
    report_not_run: tuple[str, ...]
    report_sums: tuple[str, ...]
    version_options: frozenset[str]
    one_liner_programs: frozenset[str]
    one_liner_options: frozenset[str]
    inline_options: frozenset[str]
    writing_programs: frozenset[str]
    creating_programs: frozenset[str]
    fix_options: frozenset[str]
    show_options: frozenset[str]
    runner_options: frozenset[str]
    path_runners: frozenset[str]
    goal_runners: frozenset[str]
    workspace_options: frozenset[str]
    selecting_options: frozenset[str]
    reporting_shells: frozenset[str]
    code_keywords: frozenset[str]


def filled(kind: type[_Lexicon], rows: Iterable[tuple[str, str]], file: str) -> _Lexicon:
    """A lexicon from its rows, each a name and one entry of it.

    Raises ValueError that names the file where a name is missing or not known, or an expression cannot be compiled.
    """
    entries: dict[str, list[str]] = {}
    for name, entry in rows:
        entries.setdefault(name, []).append(entry)
    types = {field.name: str(field.type) for field in msgspec.structs.fields(kind)}
    if wrong := sorted(types.keys() ^ entries.keys()):
        raise ValueError(f"{file}: missing or unknown: {', '.join(wrong)}")
    values: dict[str, Any] = {}
    for name, found in entries.items():
        if types[name].startswith("frozenset"):
            values[name] = frozenset(found)
        elif types[name].startswith("tuple"):
            values[name] = tuple(found)
        else:
            text = "|".join(found)
            try:
                values[name] = re.compile(text) if types[name].startswith("re.Pattern") else text
            except re.error as error:
                raise ValueError(f"{file}: {name} is no expression: {error}") from error
    return kind(**values)
