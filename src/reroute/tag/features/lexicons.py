"""The lexicons ``phrases`` and ``words``: what harnesses, shells, runners and programs say, under names of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

_Lexicon = TypeVar("_Lexicon", bound=msgspec.Struct)
_CLASSES = {r"\b": r"(?-u:\b)", r"\d": "[0-9]", r"\s": r"[ \t\r\n\f]", r"\w": "[0-9A-Za-z_]"}


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
    notified: re.Pattern[str]
    reproduces: re.Pattern[str]
    changes: re.Pattern[str]
    lasting_test: re.Pattern[str]
    scratch_test: re.Pattern[str]
    interpreter: re.Pattern[str]
    python: re.Pattern[str]
    installed: re.Pattern[str]
    test_file: re.Pattern[str]
    error_wrapper: re.Pattern[str]
    source_file: re.Pattern[str]
    named_file: re.Pattern[str]
    code_writes: re.Pattern[str]
    sed_in_place: re.Pattern[str]
    one_liner_in_place: re.Pattern[str]
    file_mode: re.Pattern[str]
    todo_state: re.Pattern[str]
    record_reference: re.Pattern[str]
    thing_not_found: re.Pattern[str]
    standard_name: re.Pattern[str]
    stderr_mark: str
    """No expression: the text itself."""
    not_entered: str
    """No expression: the text itself."""
    report_count: re.Pattern[str]
    report_sum: re.Pattern[str]
    report_title: re.Pattern[str]
    report_worker: re.Pattern[str]
    report_file: re.Pattern[str]
    report_built: re.Pattern[str]
    report_no_id: re.Pattern[str]
    report_outcome: re.Pattern[str]
    report_green: re.Pattern[str]
    report_red: re.Pattern[str]
    report_location: re.Pattern[str]
    report_time: re.Pattern[str]
    report_passed_marks: str
    """No expression: each character is a sign."""
    report_failed_marks: str
    """No expression: each character is a sign."""


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
    report_ignored: tuple[str, ...]
    report_failures: tuple[str, ...]
    report_unit_failures: tuple[str, ...]
    report_go_tests: tuple[str, ...]
    report_results: tuple[str, ...]
    report_errors: tuple[str, ...]
    report_passed: frozenset[str]
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
    shells: frozenset[str]
    git_options: frozenset[str]
    git_references: tuple[str, ...]
    pattern_options: frozenset[str]
    pattern_file_options: frozenset[str]
    sed_options: frozenset[str]
    awk_in_place: tuple[str, ...]
    name_options: frozenset[str]
    run_options: frozenset[str]
    run_marks: frozenset[str]
    delete_options: frozenset[str]
    output_options: frozenset[str]
    method_options: frozenset[str]
    reading_methods: frozenset[str]
    header_options: frozenset[str]
    reverse_options: frozenset[str]
    patch_tools: frozenset[str]
    patch_suffixes: tuple[str, ...]
    id_names: frozenset[str]
    test_suffixes: tuple[str, ...]
    test_paths: tuple[str, ...]
    reading_verbs: frozenset[str]
    document_nouns: frozenset[str]
    no_errors: frozenset[str]
    guardrails: frozenset[str]


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


def ascii_classes(pattern: str) -> str:
    """``pattern`` for the column matcher (Rust), with digits, blanks, words and their edges in ASCII alone.

    Unicode's classes make a matcher that is ten times as large to build, and an edge that its fast half does not know.
    """
    for sign, plain in _CLASSES.items():
        pattern = pattern.replace(sign, plain)
    return pattern
