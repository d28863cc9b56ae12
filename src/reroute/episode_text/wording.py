"""An episode in one short English line: what failed, how often it was tried, how it ended.

Deterministic; every word of a trace is cleaned and clipped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from reroute import content
from reroute.episode_text import calls
from reroute.safe_text import one_line
from reroute.trace import Step

if TYPE_CHECKING:
    from reroute.episode import Episode

# By signal, which says more than the words of the kind (sql/lexicons/kinds.csv): {program}, {edit} ("edit of a.py"),
# {subject} (a query), {quote}.
_BY_SIGNAL = {
    "no_such_file": "{program} on a missing path",
    "command_not_found": "{program}: no such command",
    "syntax_error": "{program} with a syntax error",
    "traceback": "{program} crashed ({quote})",
    "edit_no_match": "{edit} matched nothing",
    "edit_multiple": "{edit} matched in several places",
    "edit_not_read": "{edit} before reading it",
    "edit_refused": "{edit} refused",
    "edit_unchanged": "{edit} that changed nothing",
    "rate_limit": "{program} was rate-limited",
    "server_error": "{program} met a server error",
    "connection": "{program} could not connect",
    "timeout": "{program} timed out",
    "lost_result": "{program} never answered",
    "unauthorised": "{program} was not signed in",
    "forbidden": "{program} was not permitted",
    "denied_by_user": "{program} was refused by a person",
    "denied_by_guardrail": "{program} was refused by a guardrail",
    "sandbox_eperm": "{program} was stopped by the sandbox",
    "no_results": "{program} for {subject} found nothing",
    "format_error": "a reply in the wrong format",
    "limit_length": "a reply was cut at its length limit",
    "limit_context": "the context ran full",
    "context_overflow": "the context ran full",
    "limit_steps": "the limit of steps was reached",
    "limit_cost": "the limit of cost was reached",
    "limit_time": "the limit of time was reached",
    "messages_unanswered": "message after message that nobody answered",
    "same_failure_again": "{program} failing the same way again and again",
    "same_pair_again": "{program} with the same answer again and again",
    "back_and_forth": "{program} and another call, back and forth",
    "page_again": "the same page again and again",
    "check_still_red": "{program} was still red after an edit",
    "element_missing": "{program} on an element that is not there",
    "dead_page": "{program} on a dead page",
    "blocked_page": "{program} on a blocked page",
    "unapproved_external": "{program} without the approval that it needs",
    "unapproved_irreversible": "{program} without the approval that it needs",
    "unapproved_secret": "{program} on a secret, without approval",
    "instruction_followed": "{program} as a result told it to ({quote})",
    "names_unseen": "an answer that names what nothing has shown ({quote})",
    "done_over_failure": "success claimed over a failure that was open",
    "done_nothing": "a change reported where nothing was changed",
    "blames_request": "the request found wanting after one failed try",
    "ledger_stalled": "the agent itself says that it is stalled",
    "query_given_up": "{program} for {subject} found nothing useful",
    "off_task": "one search after another away from the task",
    "page_unmoved": "{program} changed nothing on the page",
}
_ENDINGS = {
    "recovered_retry": "the same again worked",
    "recovered_fix": "a change, and it worked",
    "recovered_degraded": "worked with part of the wish left out",
    "conceded": "the person changed the wish",
    "reported": "the agent said that it cannot be done",
    "handed_off": "handed to a person",
    "looped": "the same failure again and again",
    "masked": "claimed success anyway",
    "abandoned": "given up",
    "ended": "the run ended there",
    "unknown": "nobody can tell from the trace",
}
_QUOTE = 48
_NOISE = re.compile(r"^(?:\s|<[\w-]+>|(?:error|fatal|fail(?:ed|ure))\s*:\s)+", re.IGNORECASE)
"""What stands before the message itself."""
_MISSING = re.compile(r"no such|not exist|not found|cannot find|missing|^$", re.IGNORECASE)
_EXCEPTION = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Warning|Interrupt|Exit)\b(?:: [^\n]{0,200})?", re.MULTILINE)


def line(episode: Episode, steps: Sequence[Step]) -> str:
    """The whole line: ``sed on a missing path → 2 tries → grep found it``."""
    # The ending of a loop says the number of failures itself.
    tries = f"{episode.failures} tries" if episode.failures > 1 and episode.outcome != "looped" else ""
    parts = [failure(episode, steps), tries, ending(episode, steps)]
    return " → ".join(part for part in parts if part)


def failure(episode: Episode, steps: Sequence[Step]) -> str:
    """What failed: ``sed on a missing path``."""
    onset = _at(steps, episode.onset_step)
    call = onset if onset is not None and onset.type == "call" else None
    program = calls.program(call) if call else one_line(episode.failed_tool or "the agent", 40)
    # A shell line that writes a file does not name it outright; the goal does.
    files = [target.removeprefix("file:") for target in episode.goal if target.startswith("file:")]
    subject = calls.subject(call) if call else None
    if not subject and len(files) == 1:
        subject = one_line(files[0].rpartition("/")[2] or files[0], 40)
    writes = call is not None and program.lower() in {"write", "cat", "tee", "printf"}
    what, preposition = ("write", "to") if writes else ("edit", "of")
    words = {
        "program": program,
        "subject": subject or "what was asked",
        "edit": f"{what} {preposition} {subject}" if subject else what,
        "quote": _sign(episode, steps),
    }
    template = _words("kinds").get(episode.kind, episode.kind + ": {program} ({quote})")
    for evidence in episode.evidence:
        misnamed = evidence.signal == "no_such_file" and not _MISSING.search(evidence.quote)
        if evidence.signal in _BY_SIGNAL and not misnamed:
            template = _BY_SIGNAL[evidence.signal]
            break
    # Replaced one by one on the template's own braces: a brace in the trace's text means nothing.
    parts = template.replace("}", "{").split("{")
    return "".join(words[part] if index % 2 else part for index, part in enumerate(parts)).replace(" ()", "")


def ending(episode: Episode, steps: Sequence[Step]) -> str:
    """How it ended: ``grep found it``."""
    if episode.outcome == "recovered_fix" and episode.kind == "check.red":
        return "an edit, and it was green"
    if episode.outcome == "looped":
        return f"the same failure {episode.failures} times" if episode.failures > 1 else "no way out of it"
    if episode.outcome not in {"recovered_repair", "recovered_reroute"}:
        return _ENDINGS.get(episode.outcome, episode.outcome.replace("_", " "))
    onset, recovery = _at(steps, episode.onset_step), _at(steps, episode.recovery_step)
    by_call = recovery is not None and recovery.type == "call"
    program = calls.program(recovery) if recovery and by_call else one_line(episode.repair_tool or "call", 40)
    same = onset is not None and onset.type == "call" and calls.program(onset) == program
    if episode.outcome == "recovered_repair":
        return f"a corrected {'call' if same else program} went through"
    if same:
        return f"another {program} worked"
    return f"{program} found it" if program.lower() in _finders() else f"{program} worked instead"


@cache
def _finders() -> frozenset[str]:
    """The programs and tools that find things: the shipped lexicon ``finders``."""
    return frozenset(row["program"] for row in content.rows("sql/lexicons/finders.csv"))


def outcome(name: str) -> str:
    """An episode outcome in words, from ``sql/lexicons/episode_outcomes.csv``."""
    return _words("episode_outcomes").get(name, "no words for it")


@cache
def _words(table: str) -> dict[str, str]:
    """The column ``words`` of a lexicon, by its first column."""
    return {next(iter(row.values())): row["words"] for row in content.rows(f"sql/lexicons/{table}.csv")}


def _sign(episode: Episode, steps: Sequence[Step]) -> str:
    """What shows the failure: the exception that a traceback ends with, the first words of the evidence, or a code."""
    result = _at(steps, episode.manifest_step)
    if result is not None and any(evidence.signal == "traceback" for evidence in episode.evidence):
        exceptions = _EXCEPTION.findall(result.content or "")
        if exceptions and (last := one_line(exceptions[-1], _QUOTE)):
            return last
    quotes = (one_line(_NOISE.sub("", e.quote), _QUOTE) for e in episode.evidence if e.field == "content")
    code = f"exit {result.exit_code}" if result is not None and result.exit_code else ""
    return next((words for words in quotes if words), code)


def _at(steps: Sequence[Step], number: int | None) -> Step | None:
    if number is None or not 0 <= number < len(steps):
        return None
    return steps[number]
