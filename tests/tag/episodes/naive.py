"""A second, naive implementation of docs/reference/episodes.md as judge of the SQL.

One lane at a time, one action after another. It reads the same action and note rows, thresholds and lexicons, and
shares nothing else with ``sql/``.
"""

from __future__ import annotations

import re
from collections import Counter

from naive_episode import Episode, follow, opened
from naive_outcomes import outcome
from naive_rules import BYSTANDER, LIMITS, Row
from naive_signs import judge
from naive_silent import blamed, commanded, false_success, stated_limits, unapproved, unsupported


def episodes(actions: list[Row], notes: list[Row]) -> list[Episode]:
    """The episodes of one run: of each of its lanes in turn."""
    common = _common(actions)
    lanes, shared = [], {}
    for lane in dict.fromkeys(row["lane"] for row in sorted([*actions, *notes], key=_place)):
        mine, said = [dict(row) for row in actions if row["lane"] == lane], [n for n in notes if n["lane"] == lane]
        fork = [*mine, *said][0]
        before, words = shared.get(fork["forked_from"], ([], []))
        before = [a for a in before if a["call_step"] <= fork["forked_step"]]
        words = [n for n in words if n["step"] <= fork["forked_step"]]
        lanes.append((mine, said, _lane(mine, said, common, before)))
        shared[lane] = ([*before, *mine], [*words, *said])
    ends = [one for one in lanes if not [*one[0], *one[1]][0]["given_up"]]
    beside = [rule(lanes) for rule in (stated_limits, unsupported, blamed)]
    beside += [false_success(ends), commanded(lanes, {lane: words for lane, (_, words) in shared.items()})]
    return [e for _, _, found in lanes for e in found] + unapproved(actions) + [e for found in beside for e in found]


def _place(row: Row) -> object:
    return row["call_step"] if "call_step" in row else row["step"]


def _common(actions: list[Row]) -> set[str]:
    actions = [row for row in actions if row["outcome_hint"] != "fail"]
    if len(actions) < LIMITS["common_target_calls_min"]:
        return set()
    carried = Counter(target for row in actions for target in set(row["targets"]))
    return {target for target, calls in carried.items() if calls > LIMITS["common_target_share"] * len(actions)}


def _lane(actions: list[Row], notes: list[Row], common: set[str], before: list[Row]) -> list[Episode]:
    _describe(actions, common, before)
    judge(actions, before)
    found: list[Episode] = []
    for turn in dict.fromkeys(a["turn"] for a in actions):
        siblings = [a for a in actions if a["turn"] == turn]
        taken = {id(a) for episode in found if not episode.recovery for a in follow(episode, siblings)}
        groups: dict[object, list[Row]] = {}
        for a in siblings:
            if a["kind"]:
                one = _block(a, siblings) if a["kind"] == "call.invalid" else a["program"] or a["tool"]
                groups.setdefault((a["kind"], a["error_template"] or a["sign"], one), []).append(a)
        for members in groups.values():  # in the order of their first members
            members.sort(key=lambda a: a["kind"] == "call.invalid" and not a["writes"])
            if not any(id(a) in taken for a in members):
                episode = opened(members)
                found.append(episode)
                taken |= {id(a) for a in follow(episode, siblings[siblings.index(members[0]) + 1 :])}
    still_open = max((e.counted[-1]["action"] for e in found if not e.recovery), default=None)
    for episode in found:
        last = episode.counted[-1]["action"] == still_open
        episode.outcome = outcome(episode, actions, notes, last=last)
    return found


def _block(a: Row, siblings: list[Row]) -> int | None:
    """Of a rejected reply, the block that this one belongs to: itself where it writes, else the first that does."""
    alike = ("kind", "error_template")
    blocks = [b["action"] for b in siblings if b["writes"] and all(b[name] == a[name] for name in alike)]
    return a["action"] if a["writes"] else min(blocks, default=None)


def _describe(actions: list[Row], common: set[str], before: list[Row]) -> None:
    """What each action is about, and what the lane had seen and changed by then."""
    seen: set[object] = {a["observation_hash"] for a in before}
    counted = persons = row = 0
    changes, productions = (max((a[name] for a in before), default=0) for name in ("changes", "productions"))
    tool = None
    for a in actions:
        left = {t for t in a["targets"] if t not in common}
        a["names"] = {"name:" + re.split("[/:]", t)[-1] for t in a["targets"] if t.startswith("file:")}
        a["left"] = left | ({f"check:{a['check_id']}"} if a["check_id"] else set())
        a["new"] = bool(a["observation_hash"]) and not a["empty"] and a["observation_hash"] not in seen
        seen.add(a["observation_hash"])
        a["changed"] = a["writes"] and a["outcome_hint"] != "fail"
        files = [t for t in a["writes_targets"] if t.startswith("file:") and not BYSTANDER.search(t)]
        productions += bool(a["changed"] and files)
        changes += a["changed"]
        persons += a["user_before"]
        counted += a["external"]
        a["changes"], a["productions"], a["persons"], a["counted"] = changes, productions, persons, counted
        a["stand_ins"] = {f"tool:{a['tool']}"} | ({f"program:{a['program']}"} if a["program"] and not left else set())
        if a["family"] == "check" and a["program"]:
            a["stand_ins"].add(f"runner:{a['program']}")
        if a["external"]:
            row += tool is not None and tool != a["tool"]
            tool = a["tool"]
        files = any(target.startswith("file:") for target in a["targets"])
        looks = a["family"] in ("search", "browse", "api", "read") or (a["gesture"] == "click" and a["page"])
        if a["external"] and not a["writes"] and looks and not files:
            a["stand_ins"] |= {f"seek:{persons}", f"same:{row}"}
        tries = a["family"] in ("ui", "browse", "search") and a["gesture"] not in ("scroll", "look", "type")
        if a["external"] and tries:
            a["stand_ins"].add(f"try:{persons}")
    for a in actions:
        turn = [b for b in actions if b["turn"] == a["turn"]]
        a["counted_before"] = turn[0]["counted"] - turn[0]["external"]
        a["counted_through"] = turn[-1]["counted"]
