"""From hits of the lexicon to an action's signals: what the source states first, false friends taken out."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from reroute.tag.features.facts import Facts
from reroute.tag.features.results import Report
from reroute.tag.features.signals import Hit

_PROBED = frozenset(
    ["exit_nonzero", "status_error", "no_such_file", "is_directory", "error_line", "traceback", "no_results"]
)
"""What a probe of a guess may answer without having failed."""
_SCRIPTED = _PROBED | {"forbidden", "connection", "sandbox_eperm"}
"""What the agent's own reproduction may print without having failed."""
INSTRUCTION = "instruction"
"""The signal of a text that tells the agent what to do; the call that met it did not fail."""
_NOT_FAILING = frozenset(["hand_over", "claims_done", INSTRUCTION])
_TOLD_BY_HARNESS = frozenset(["start", "top"])
_EXCEPTION = re.compile(
    r"\n((?:[A-Za-z_][\w.]{0,120})?(?:Error|Exception|Interrupt|Exit|Warning|Failure)\b[^\n]{0,300})"
)
_VERSION_PROBE = frozenset(["command_not_found"])
_HARMLESS = re.compile(
    r"[^\n]*(?:[Bb]roken ?pipe|pip's dependency resolver does not)"
    r"|(?:stderr: )?(?:/\S*/)?(?:grep|rg|find|du): [^\n]*(?:Is a directory|Permission denied)"
)
"""Lines that speak of no failure: a filter that read enough, what pip says of other packages, folders passed over."""
_MAX_SIGNALS = 6
_FAILED_REQUEST, _FAILED_SERVER = 400, 500
_HTTP = {
    400: "invalid_call", 401: "unauthorised", 403: "forbidden", 404: "dead_page", 408: "timeout", 410: "dead_page",
    422: "invalid_call", 429: "rate_limit", 451: "dead_page",
}  # fmt: skip
"""What a status of HTTP says where the words do not; a record that is gone is a dead page only of a browser."""


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
    family: str
    scope: str
    """What the source states: error, unstated, ok; none without a result."""
    status: str | None
    exit_code: int | None
    approval: str | None
    obs: str
    empty: bool
    own_script: bool
    last: bool
    hits: Sequence[Hit]
    check_result: str | None
    report: Report | None
    http_status: int | None = None


def judge(case: Case, quote_max: int) -> list[Signal]:
    """The signals of an action, the most telling first."""
    signals = _marks(case, quote_max)
    if case.scope == "none":
        return signals if case.last else [*signals, Signal("lost_result", False, "arguments", 0, 0, "")]
    if case.check_result in {"red", "green"}:
        return [*signals, *_red(case, quote_max)]
    if case.family == "plan" and case.scope != "error":
        return signals
    hits = _kept(case)
    found = _apart([_evidence(case, hit, quote_max) for hit in hits[:_MAX_SIGNALS]])
    return signals + found + _stated(case, found, quote_max)


def _apart(found: Sequence[Signal]) -> list[Signal]:
    """One signal a place, the most telling."""
    places: dict[int, Signal] = {}
    for signal in found:
        places.setdefault(signal.start, signal)
    return list(places.values())


def fails(signals: Sequence[Signal]) -> bool:
    """Whether a firm signal of failure is among them."""
    return any(signal.firm and signal.signal not in _NOT_FAILING for signal in signals)


def doubtful(signals: Sequence[Signal]) -> bool:
    """Whether any signal of failure is among them, firm or not."""
    return any(signal.signal not in _NOT_FAILING for signal in signals)


def _marks(case: Case, quote_max: int) -> list[Signal]:
    found = [_evidence(case, hit, quote_max) for hit in case.hits if hit.signal == INSTRUCTION]
    if case.facts.hands_over:
        found.append(Signal("hand_over", True, "tool", 0, 0, ""))
    if case.facts.claims_done:
        found.append(Signal("claims_done", False, "arguments", 0, 0, ""))
    return found


def _red(case: Case, quote_max: int) -> list[Signal]:
    if case.check_result != "red":
        return []
    line = _shown_line(case.obs, case.report.lines if case.report else ()) or _first_line(case.obs)
    start = max(0, case.obs.find(line))
    line = line[:quote_max]
    return [Signal("check_red", True, "content", start, start + len(line), line)]


def _shown_line(text: str, lines: Sequence[str]) -> str | None:
    """The first of the telling lines that is in ``text``, which may still carry colours."""
    for line in lines:
        if line in text:
            return line
    for line in lines:
        start = text.find(max(line.split(), key=len, default="\0"))
        if start >= 0:
            begin, end = text.rfind("\n", 0, start) + 1, text.find("\n", start)
            return text[begin : end if end >= 0 else len(text)]
    return None


def _kept(case: Case) -> list[Hit]:
    """One hit a signal, false friends left out."""
    dropped = _dropped(case)
    best: dict[str, Hit] = {}
    for hit in sorted(case.hits, key=lambda hit: hit.rank):
        if hit.signal == INSTRUCTION or (hit.signal in dropped and not _own_fault(case, hit)):
            continue
        if _HARMLESS.match(_line(case.obs, hit)):
            continue
        firm = hit.firm and (hit.stated or hit.where in _TOLD_BY_HARNESS)
        if hit.signal not in best or (firm and not best[hit.signal].firm):
            best[hit.signal] = Hit(hit.signal, firm, hit.where, hit.rank, hit.start, hit.stated)
    return sorted(best.values(), key=lambda hit: (not hit.firm, hit.rank))


def _line(text: str, hit: Hit) -> str:
    start = hit.start if text.isascii() else len(text.encode()[: hit.start].decode("utf-8", "replace"))
    return text[start : start + 400].lstrip()


def _dropped(case: Case) -> frozenset[str]:
    if case.facts.probe:
        return _PROBED | (_VERSION_PROBE if not case.facts.inline else frozenset())
    return _SCRIPTED if case.own_script else frozenset()


def _own_fault(case: Case, hit: Hit) -> bool:
    """A script that is not there was not run at all."""
    return (
        case.own_script and hit.signal == "no_such_file" and "can't open file" in case.obs[hit.start : hit.start + 300]
    )


def _stated(case: Case, found: Sequence[Signal], quote_max: int) -> list[Signal]:
    """What the source itself states, where a failure is meant by it."""
    if case.family == "search" and case.facts.query and case.empty and case.obs.strip() and not found:
        return [Signal("no_results", True, "content", 0, 0, "")]
    if case.status == "denied":
        return _denied(case, found, quote_max)
    if case.scope != "error" or _dropped(case) or (found and case.exit_code is None):
        return []
    if case.exit_code is None and case.facts.expected:
        return []  # "differs" and "no match" are answers, and nothing here says that it was anything else
    return _status(case, found, quote_max)


def _status(case: Case, found: Sequence[Signal], quote_max: int) -> list[Signal]:
    if case.exit_code is not None:
        return [Signal("exit_nonzero", any(signal.firm for signal in found), "exit_code", 0, 0, str(case.exit_code))]
    http = case.http_status or 0
    if http >= _FAILED_REQUEST:
        name = _HTTP.get(http, "server_error" if http >= _FAILED_SERVER else "status_error")
        return [Signal(name, True, "http_status", 0, 0, str(http))]
    line = _first_line(case.obs)[:quote_max]
    start = max(0, case.obs.find(line))
    told = case.family not in {"shell", "check", "code_search", "plan"}
    return [Signal("status_error", told, "content", start, start + len(line), line)]


def _denied(case: Case, found: Sequence[Signal], quote_max: int) -> list[Signal]:
    """Waiting for an approval is no failure; a refusal is."""
    if case.approval == "requested" or any(signal.signal == "denied_by_user" for signal in found):
        return []
    line = _first_line(case.obs)[:quote_max]
    return [Signal("denied_by_user", True, "content", 0, len(line), line)]


def _evidence(case: Case, hit: Hit, quote_max: int) -> Signal:
    start = len(case.obs.encode()[: hit.start].decode("utf-8", "replace"))
    if hit.signal == "traceback":
        last = _EXCEPTION.search(case.obs, start)
        start = last.start(1) if last else start
    text = case.obs[start : start + 4 * quote_max]
    lead = len(text) - len(text.lstrip())
    start += lead + (8 if text[lead:].startswith("stderr: ") else 0)
    line = case.obs[start : start + quote_max].split("\n", 1)[0].rstrip()
    return Signal(hit.signal, hit.firm, "content", start, start + len(line), line)


def _first_line(text: str) -> str:
    return next((line for line in text[:2000].splitlines() if line.strip()), "")
