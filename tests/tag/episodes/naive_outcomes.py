"""The naive judge: what came of an episode."""

from __future__ import annotations

import re
from collections import Counter

from naive_episode import Episode, same_call, suits
from naive_rules import AMOUNTS, KINDS, LIMITS, Row


def outcome(episode: Episode, actions: list[Row], notes: list[Row], *, last: bool) -> str:
    failed = episode.failed()
    alike = Counter((a["signature"], a["error_template"], frozenset(a["failing"])) for a in failed)
    looped = max(alike.values()) >= LIMITS["same_failure_loop"] or any(
        "loop.stall" in a["signs"] for a in episode.counted
    )
    if episode.recovery:
        return _recovered(episode, notes)
    after = [n for n in notes if n["step"] > episode.counted[-1]["result_step"]]
    through = episode.counted[-1]["counted_through"]

    def soon(name: str, role: str) -> bool:
        said = [n for n in after if n.get(name) and n["role"] == role and (name != "reports" or _final(n, actions))][:1]
        return any(_counted_at(n, actions) - through < LIMITS["dormant_after"] for n in said)

    last_word = any(
        n.get("reports") and n["role"] == "assistant" and _counted_at(n, actions) == actions[-1]["counted"]
        for n in after
    )
    dormant = actions[-1]["counted"] - through >= LIMITS["dormant_after"] and episode.kind != "check.red"
    claimed = any(n.get("claims_success") and n["role"] == "assistant" for n in after)
    undecided = any(
        a["verdict"] == "unknown" and suits(episode, a) for a in episode.counted if a["action"] > failed[-1]["action"]
    )
    transfers = [
        a
        for a in actions
        if a["result_step"] > episode.counted[-1]["result_step"]
        and any(s["signal"] == "hand_over" for s in a["signals"])
    ]
    endings = {
        "conceded": soon("withdraws", "user"),
        "handed_off": any(a["counted_through"] - through < LIMITS["dormant_after"] for a in transfers[:1]),
        "reported": soon("reports", "assistant") or (last and last_word),
        "handed_off ": soon("hands_over", "assistant"),
        "looped": looped,
        "masked": soon("claims_success", "assistant") or (claimed and episode.kind == "check.red"),
        "unknown": undecided,
        "abandoned": dormant or actions[0]["given_up"],
    }
    return next((name.strip() for name, holds in endings.items() if holds), "ended")


def _final(note: Row, actions: list[Row]) -> bool:
    return not note.get("asks") or _counted_at(note, actions) == actions[-1]["counted"]


def _counted_at(note: Row, actions: list[Row]) -> int:
    return actions[note["after_action"] - 1]["counted_through"] if note["after_action"] else 0


def _recovered(episode: Episode, notes: list[Row]) -> str:
    fixed, failed, kind = episode.recovery, episode.failed(), KINDS[episode.kind]
    same = [a for a in failed if a["signature"] == fixed["signature"]]
    again = episode.kind == "check.red"
    alike = (same or failed)[-1]
    between = [a for a in episode.counted if alike["action"] < a["action"] < fixed["action"]]
    changed = any(a["changed"] and set(a["writes_targets"]) & episode.goal for a in between)
    if kind["any_change"] == "true":
        changed = changed or fixed["changes"] - (fixed["changed"] and fixed["family"] != "check") > alike["changes"]
    otherwise = any(not same_call(a, episode.first) for a in between)
    heals = kind["heals"] == "true" and (
        kind["any_change"] == "true" or not otherwise or kind["cause"] in ("environment", "ambiguous")
    )
    if (same or again) and changed:
        return "recovered_fix"
    if same and heals:
        return "recovered_retry"
    return _repaired(episode.kind, failed[-1], fixed, notes)


def _repaired(kind: str, failed: Row, fixed: Row, notes: list[Row]) -> str:
    same_tool = failed["tool"] == fixed["tool"] and (kind == "call.invalid" or failed["program"] == fixed["program"])
    gone = [slot for slot in failed["slots"] if slot not in fixed["slots"]]
    lost = {_argument(slot) for slot in gone}
    named = {name.split(".")[0] for name in failed["named_slots"]}
    between = [n for n in notes if failed["result_step"] < n["step"] < fixed["call_step"]]
    withdrawn = any(n.get("withdraws") and n["role"] == "user" for n in between)
    person = fixed["persons"] > failed["persons"]
    left_out = _left_out(failed, fixed, gone, named)
    conceded = _conceded(withdrawn=withdrawn, person=person, same_tool=same_tool, lost=lost, named=named)
    if (conceded or (left_out and withdrawn and same_tool)) and kind != "approval.denied":
        return "conceded"
    if not same_tool:
        return "recovered_reroute"
    wishes = {_argument(slot) for slot in gone if re.split("[=.]", slot.split("=")[0])[-1] not in AMOUNTS}
    degraded = left_out or (named and wishes - named)
    return "recovered_degraded" if failed["family"] == "api" and degraded else "recovered_repair"


def _left_out(failed: Row, fixed: Row, gone: list[str], named: set[str]) -> bool:
    """A path holds fewer values, and the refusal did not name it, or named the very value."""
    before, after = (Counter(slot.split("=")[0] for slot in a["slots"]) for a in (failed, fixed))
    return any(
        after[path] < before[path] and (_argument(path) not in named or value in failed["named_slots"])
        for path, value in (slot.split("=", 1) for slot in gone)
    )


def _argument(slot: str) -> str:
    """The argument as a whole: ``payment_methods`` for ``payment_methods.amount=120``."""
    return re.split("[=.]", slot)[0]


def _conceded(*, withdrawn: bool, person: bool, same_tool: bool, lost: set[str], named: set[str]) -> bool:
    """The person changed the wish, and what changed is not what the refusal named."""
    if not lost or not same_tool:
        return withdrawn
    if lost <= named:
        return False
    return withdrawn or (person and bool(named) and not lost & named)
