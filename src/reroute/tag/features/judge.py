"""From hits of the lexicon to an action's signals: what the source states first, false friends taken out."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import structs

from reroute.tag.features.facts import Facts
from reroute.tag.features.results import Report
from reroute.tag.features.rules import Rules
from reroute.tag.features.signals import Hit

INSTRUCTION = "instruction"
"""The signal of a text that tells the agent what to do; the call that met it did not fail."""
BODY = "body"
"""Where a hit is that a member of the result's object states."""
_BY_HARNESS = frozenset(["start", "top", BODY])
_REFUSED, _GUARDED = "denied_by_user", "denied_by_guardrail"
_MAX_SIGNALS = 6
_FAILED_REQUEST, _FAILED_SERVER = 400, 500


class Signal(msgspec.Struct, frozen=True, gc=False):
    """A signal with its evidence: characters into ``field`` of the result (or the call, for ``arguments``)."""

    signal: str
    firm: bool
    field: str
    start: int
    end: int
    quote: str


class Case(msgspec.Struct):
    """One action as it is judged."""

    facts: Facts
    hits: Sequence[Hit]
    report: Report | None
    at: int
    """Its place among all."""
    family: str
    scope: str
    """What the source states: error, unstated, ok; none without a result."""
    status: str | None
    exit_code: int | None
    http_status: int | None
    approval: str | None
    approved_by: str | None
    """Who gave or refused the approval, as the source names it."""
    obs: str
    empty: bool
    """There is a result, and it shows nothing."""
    own_script: bool
    last: bool
    """In the last turn of its lane."""
    check_result: str | None
    chars: int
    """Length of the result; its metadata lie at ``cut_at``."""
    cut_at: int
    cut_chars: int


def judge(case: Case, rules: Rules) -> list[Signal]:
    """The signals of an action, the most specific first."""
    signals = _signals(case, rules)
    if (case.approved_by or "").lower() not in rules.words.guardrails:
        return signals
    return [structs.replace(one, signal=_GUARDED) if one.signal == _REFUSED else one for one in signals]


def _signals(case: Case, rules: Rules) -> list[Signal]:
    signals = [_evidence(case, hit, rules) for hit in case.hits if hit.signal == INSTRUCTION]
    if case.facts.hands_over:
        signals.append(Signal("hand_over", True, "tool", 0, 0, ""))
    if case.facts.claims_done:
        signals.append(Signal("claims_done", False, "arguments", 0, 0, ""))
    if case.scope == "none":
        return signals if case.last else [*signals, Signal("lost_result", False, "arguments", 0, 0, "")]
    if case.check_result == "red":  # the first line of the check's report that is shown
        lines = case.report.lines if case.report else ()
        line = next((line for line in lines if line in case.obs), None)
        for cut in () if line is not None else lines:  # colours cut it: the line that holds its longest word
            start = case.obs.find(max(cut.split(), key=len, default="\0"))
            if start >= 0:
                line = case.obs[case.obs.rfind("\n", 0, start) + 1 :].split("\n", 1)[0]
                break
        line = line or _first_line(case.obs, rules)
        start = max(0, case.obs.find(line))
        quote = line[: int(rules.thresholds["quote_max"])]
        return [*signals, Signal("check_red", True, "content", start, start + len(quote), quote)]
    if case.check_result == "green":
        return signals
    if case.family == "plan" and case.scope != "error":  # its words are the agent's own, a member of an object is none
        case = structs.replace(case, hits=[hit for hit in case.hits if hit.where == BODY])
    places: dict[int, Signal] = {}
    for hit in _remaining(case, rules)[:_MAX_SIGNALS]:
        signal = _evidence(case, hit, rules)
        places.setdefault(signal.start, signal)  # one signal a place, the most specific
    found = list(places.values())
    return signals + found + _stated(case, found, rules)


def _remaining(case: Case, rules: Rules) -> list[Hit]:
    """One hit a signal, false friends left out; a script that is not there was not run at all, whoever wrote it."""
    dropped = _dropped(case, rules)
    best: dict[str, Hit] = {}
    for hit in sorted(case.hits, key=lambda hit: hit.rank):
        shown = case.obs[hit.start : hit.start + 300]
        unstarted = hit.signal == "no_such_file" and any(text in shown for text in rules.words.unstarted_script)
        if hit.signal == INSTRUCTION or (hit.signal in dropped and not (case.own_script and unstarted)):
            continue
        start = hit.start if case.obs.isascii() else len(case.obs.encode()[: hit.start].decode("utf-8", "replace"))
        if rules.phrases.harmless.match(case.obs[start : start + 400].lstrip()):
            continue
        firm = hit.firm and (hit.stated or hit.where in _BY_HARNESS)
        if hit.signal not in best or (firm and not best[hit.signal].firm):
            best[hit.signal] = Hit(hit.signal, firm, hit.where, hit.rank, hit.start, hit.stated)
    return sorted(best.values(), key=lambda hit: (not hit.firm, hit.rank))


def _dropped(case: Case, rules: Rules) -> frozenset[str]:
    if case.facts.probe:
        return rules.words.probe_signals | (rules.words.version_signals if not case.facts.inline else frozenset())
    return rules.words.script_signals if case.own_script else frozenset()


def _stated(case: Case, found: Sequence[Signal], rules: Rules) -> list[Signal]:
    """What the source itself states, where a failure is meant by it.

    A refusal, its exit code, its status of HTTP or, without any, its first line.
    """
    if case.family == "search" and case.facts.query and case.empty and case.obs.strip() and not found:
        return [Signal("no_results", True, "content", 0, 0, "")]
    if case.status == "denied":
        said = any(signal.signal == _REFUSED for signal in found)
        line = _first_line(case.obs, rules)[: int(rules.thresholds["quote_max"])]
        refusal = Signal(_REFUSED, True, "content", 0, len(line), line)
        return [] if said or case.approval == "requested" else [refusal]  # to wait for an approval is no failure
    if case.scope != "error" or _dropped(case, rules) or (case.exit_code is None and (found or case.facts.expected)):
        return []  # "differs" and "no match" are answers, where nothing says that it was anything else
    if case.exit_code is not None:
        return [Signal("exit_nonzero", any(signal.firm for signal in found), "exit_code", 0, 0, str(case.exit_code))]
    http = case.http_status or 0
    if http >= _FAILED_REQUEST:
        name = rules.http_signals.get(http, "server_error" if http >= _FAILED_SERVER else "status_error")
        return [Signal(name, True, "http_status", 0, 0, str(http))]
    line = _first_line(case.obs, rules)[: int(rules.thresholds["quote_max"])]
    start = max(0, case.obs.find(line))
    firm = case.family not in {"shell", "check", "code_search", "plan"}
    return [Signal("status_error", firm, "content", start, start + len(line), line)]


def _evidence(case: Case, hit: Hit, rules: Rules) -> Signal:
    quote_max = int(rules.thresholds["quote_max"])
    start = len(case.obs.encode()[: hit.start].decode("utf-8", "replace"))
    if hit.signal == "traceback":
        last = rules.phrases.exception.search(case.obs, start)
        start = last.start(1) if last else start
    text = case.obs[start : start + 4 * quote_max]
    lead = len(text) - len(text.lstrip())
    mark = rules.phrases.stderr_mark
    start += lead + (len(mark) if text.startswith(mark, lead) else 0)
    line = case.obs[start : start + quote_max].split("\n", 1)[0].rstrip()
    return Signal(hit.signal, hit.firm, "content", start, start + len(line), line)


def _first_line(text: str, rules: Rules) -> str:
    """The first line that is not blank; of a notification what it says in words."""
    said = rules.phrases.notified.match(text)
    if said:
        return said[1]
    return next((line for line in text[:2000].splitlines() if line.strip()), "")
