"""A second, naive implementation of EPISODES.md as judge of the SQL: one lane at a time, one action after another.

It reads the same action and note rows, thresholds and lexicons, and shares nothing else with ``sql/``.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

SQL = Path(__file__).parents[2] / "sql"
Row = dict[str, object]


def _table(name: str) -> list[dict[str, str]]:
    with (SQL / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


LIMITS = {row["name"]: float(row["value"]) for row in _table("thresholds.csv")}
KINDS = {row["kind"]: row for row in _table("lexicons/kinds.csv")}
SIGNALS = {(row["signal"], row["family"]): row["kind"] for row in _table("lexicons/signals.csv")}
QUERIES = {row["argument"] for row in _table("lexicons/arguments.csv") if row["role"] == "query"}
BYSTANDER = re.compile("|".join(row["pattern"] for row in _table("lexicons/bystander_paths.csv")))
DELETIONS = {row["program"] for row in _table("lexicons/deletions.csv")}
BUILD = re.compile("|".join(row["pattern"] for row in _table("lexicons/builds.csv")))


@dataclass
class Episode:
    """An episode while and after it is open."""

    kind: str
    first: Row
    goal: set[str]
    counted: list[Row] = field(default_factory=list)
    asleep: bool = False
    last: int = 0
    looked_at: int = 0
    recovery: Row | None = None
    undecided: bool = False
    outcome: str = "unknown"

    def told(self) -> tuple[object, ...]:
        """What is compared with the SQL's row."""
        rest = [a for a in self.counted if a["turn"] != self.first["turn"] and not _same_call(a, self.first)]
        return (
            self.kind,
            self.first["call_step"],
            self.outcome,
            rest[0]["call_step"] if rest else None,
            self.recovery["call_step"] if self.recovery else None,
            self.counted[-1]["result_step"],
            tuple(sorted(self.goal)),
            len(self.counted),
            len(self.failed()),
        )

    def failed(self) -> list[Row]:
        return [a for a in self.counted if a["kind"] and a is not self.recovery]


def episodes(actions: list[Row], notes: list[Row]) -> list[Episode]:
    """The episodes of one run: of each of its lanes in turn."""
    common = _common(actions)
    found = []
    for lane in dict.fromkeys(row["lane"] for row in actions):
        found += _lane(
            [dict(row) for row in actions if row["lane"] == lane], [n for n in notes if n["lane"] == lane], common
        )
    return found


def _common(actions: list[Row]) -> set[str]:
    actions = [row for row in actions if row["outcome_hint"] != "fail"]
    if len(actions) < LIMITS["common_target_calls_min"]:
        return set()
    carried = Counter(target for row in actions for target in set(row["targets"]))
    return {target for target, calls in carried.items() if calls > LIMITS["common_target_share"] * len(actions)}


def _lane(actions: list[Row], notes: list[Row], common: set[str]) -> list[Episode]:
    _describe(actions, common)
    _judge(actions)
    found: list[Episode] = []
    for turn in dict.fromkeys(a["turn"] for a in actions):
        siblings = [a for a in actions if a["turn"] == turn]
        taken = {id(a) for episode in found if not episode.recovery for a in _follow(episode, siblings)}
        groups: dict[object, list[Row]] = {}
        for a in siblings:
            if a["kind"]:
                block = a["action"] if a["kind"] == "call.invalid" else None
                key = (a["kind"], a["program"] or a["tool"], a["error_template"] or a["sign"], block)
                groups.setdefault(key, []).append(a)
        for members in groups.values():  # in the order of their first members
            if not any(id(a) in taken for a in members):
                episode = _open(members)
                found.append(episode)
                taken |= {id(a) for a in _follow(episode, siblings[siblings.index(members[0]) + 1 :])}
    for episode in found:
        episode.outcome = _outcome(episode, actions, notes)
    return found


def _describe(actions: list[Row], common: set[str]) -> None:
    """What each action is about, and what the lane had seen and changed by then."""
    seen: set[object] = set()
    counted = changes = productions = persons = 0
    for a in actions:
        left = {t for t in a["targets"] if t not in common}
        a["names"] = {"name:" + re.split("[/:]", t)[-1] for t in a["targets"] if t.startswith("file:")}
        a["left"] = left | ({f"check:{a['check_id']}"} if a["check_id"] else set())
        a["stand_ins"] = {f"tool:{a['tool']}"} | ({f"program:{a['program']}"} if a["program"] and not left else set())
        a["new"] = bool(a["observation_hash"]) and not a["empty"] and a["observation_hash"] not in seen
        seen.add(a["observation_hash"])
        a["changed"] = a["writes"] and a["outcome_hint"] != "fail"
        files = [t for t in a["writes_targets"] if t.startswith("file:") and not BYSTANDER.search(t)]
        productions += bool(a["changed"] and files)
        changes += a["changed"]
        persons += a["user_before"]
        counted += a["external"]
        a["changes"], a["productions"], a["persons"], a["counted"] = changes, productions, persons, counted
    for a in actions:
        turn = [b for b in actions if b["turn"] == a["turn"]]
        a["counted_before"] = turn[0]["counted"] - turn[0]["external"]
        a["counted_through"] = turn[-1]["counted"]


def _judge(actions: list[Row]) -> None:
    """The kind that each action fails as (None: it does not fail, or nobody can say) and its verdict."""
    _check_standings(actions)
    for index, a in enumerate(actions):
        signs = [*_lexicon_signs(actions, index), *_red_signs(actions, index), *_stall_signs(actions, index)]
        signs += _given_up(actions, index)
        signs.sort(key=lambda s: (not s[1], int(KINDS[s[0]]["precedence"]), s[2]))
        a["kind"], a["sign"] = (signs[0][0], signs[0][2]) if signs else (None, None)
        a["signs"] = {s[0] for s in signs}
        if a["kind"]:
            a["verdict"] = "fails"
        elif not a["external"] or a["control"]:
            a["verdict"] = "unknown"
        elif a["family"] == "check":
            a["verdict"] = "ok" if a["standing"] == "green" else "unknown"
        else:
            a["verdict"] = "ok" if a["outcome_hint"] == "ok" else "unknown"


def _check_standings(actions: list[Row]) -> None:
    for a in actions:
        controls = [b for b in actions if b["family"] == "check" and b["control"] and b["check_id"] == a["check_id"]]
        before = {i for b in controls for i in b["failed_ids"]} if a["check_id"] else set()
        a["failing"] = set(a["failed_ids"]) - before
        wholly = a["check_id"] and any(b["check_result"] == "red" and not b["failed_ids"] for b in controls)
        a["standing"] = a["check_result"] if a["family"] == "check" else None
        if a["standing"] == "red" and not a["failing"]:
            a["standing"] = "green" if a["failed_ids"] else "unknown" if wholly else "red"


def _lexicon_signs(actions: list[Row], index: int) -> list[tuple[str, bool, str]]:
    a = actions[index]
    signs = []
    for sign in a["signals"]:
        name, firm = sign["signal"], sign["firm"]
        kind = SIGNALS.get((name, a["family"])) or SIGNALS.get((name, "*"))
        bystanding = a["own_script"] or a["probe"] or a["control"]
        needless = a["program"] in DELETIONS and any(s["signal"] == "no_such_file" for s in a["signals"])
        if kind == "shell.error":
            judged = a["family"] == "check" and a["check_result"] in ("red", "green")
            if bystanding or needless or judged or (name == "exit_nonzero" and not firm):
                continue
        if kind == "search.miss" and not _in_words(a):
            before = [b for b in actions[:index] if b["signature"] == a["signature"] and _missed(b)]
            if not before or before[-1]["persons"] != a["persons"]:
                continue
            firm = False
        if kind in KINDS and kind not in ("check.red", "loop.stall"):
            signs.append((kind, firm, name))
    return signs


def _in_words(a: Row) -> bool:
    return a["family"] == "search" and bool(QUERIES & {re.split("[=.]", slot)[0] for slot in a["slots"]})


def _missed(a: Row) -> bool:
    return any(
        (SIGNALS.get((s["signal"], a["family"])) or SIGNALS.get((s["signal"], "*"))) == "search.miss"
        for s in a["signals"]
    )


def _red_signs(actions: list[Row], index: int) -> list[tuple[str, bool, str]]:
    a = actions[index]
    if a["standing"] != "red" or a["control"] or a["own_script"] or not a["productions"]:
        return []
    earlier = [
        b
        for b in actions[:index]
        if b["family"] == "check" and b["check_id"] == a["check_id"] and not b["control"] and not b["own_script"]
    ]
    green = {i for b in earlier for i in b["passed_ids"]} if a["check_id"] else set()
    clean = any(b["standing"] == "green" and not (set(b["failed_ids"]) - b["failing"]) for b in earlier)
    if clean or a["failing"] & green:
        return [("check.red", True, "check_broken")]
    if earlier and earlier[-1]["standing"] == "red" and a["productions"] > earlier[-1]["productions"]:
        if a["failing"] & earlier[-1]["failing"] or not (a["failing"] or earlier[-1]["failing"]):
            return [("check.red", True, "check_still_red")]
    built = bool(a["check_id"] and BUILD.search(a["check_id"]))
    return [("check.red", built, "build_red" if built else "check_first_red")]


def _stall_signs(actions: list[Row], index: int) -> list[tuple[str, bool, str]]:
    a = actions[index]
    if not a["external"]:
        return []
    epoch = a["changes"] - a["changed"]
    near = [b for b in actions[: index + 1] if b["external"] and b["changes"] - b["changed"] == epoch]
    window = [b for b in near if a["action"] - b["action"] < LIMITS["stall_window"]]
    pair = _pair(a)
    if _firm(a) and sum(b["signature"] == a["signature"] and _firm(b) for b in window) >= LIMITS["stall_failures"]:
        return [("loop.stall", True, "same_failure_again")]
    if sum(_pair(b) == pair for b in window) >= LIMITS["stall_pairs"]:
        return [("loop.stall", True, "same_pair_again")]
    last = [b for b in actions[: index + 1] if b["external"]][-6:]
    pairs = [_pair(b) for b in last]
    if len(last) == 6 and all(b in near for b in last) and pairs[:2] * 3 == pairs and pairs[0] != pairs[1]:
        return [("loop.stall", True, "back_and_forth")]
    return []


def _pair(a: Row) -> tuple[object, object]:
    return a["signature"], a["observation_hash"]


def _firm(a: Row) -> bool:
    return any(s["firm"] for s in a["signals"])


def _given_up(actions: list[Row], index: int) -> list[tuple[str, bool, str]]:
    """A query followed at once by another that changes at least half of its words."""
    a, following = actions[index], actions[index + 1 : index + 2]
    words = {t for t in a["targets"] if t.startswith("need:")}
    if not _in_words(a) or not words or not following:
        return []
    b = following[0]
    if b["family"] != "search" or b["tool"] != a["tool"] or b["user_before"] or b["turn"] == a["turn"]:
        return []
    kept = len(words & {t for t in b["targets"] if t.startswith("need:")})
    return [("search.miss", False, "query_given_up")] if kept <= (1 - LIMITS["requery_change_min"]) * len(words) else []


def _open(members: list[Row]) -> Episode:
    first, kind = members[0], members[0]["kind"]
    goal = {key for a in members for key in a["left"]}
    if not goal:
        goal = {f"program:{first['program']}" if first["program"] else f"tool:{first['tool']}"}
    elif kind == "search.miss":
        goal |= {f"tool:{a['tool']}" for a in members}
    for a in members:
        if any(s["signal"] == "no_such_file" for s in a["signals"]):
            goal |= a["names"]
    return Episode(kind, first, goal, [first], last=first["counted_through"])


def _follow(episode: Episode, siblings: list[Row]) -> list[Row]:
    """Show the actions of a turn to an open episode; return the failing ones that belong to it."""
    belong = []
    for a in siblings:
        if not _counts(episode, a):
            continue
        episode.counted.append(a)
        if _recovers(episode, a):
            episode.recovery = a
            return belong
        if a["kind"]:
            belong.append(a)
    return belong


def _counts(episode: Episode, a: Row) -> bool:
    shared = episode.goal & (a["left"] | a["names"] | a["stand_ins"])
    if not shared or episode.looked_at >= LIMITS["goal_actions_max"]:
        return False
    episode.looked_at += 1
    words = {key for key in shared if key.startswith("need:")}
    if words == shared:
        fewest = min(len({k for k in side if k.startswith("need:")}) for side in (episode.goal, a["left"]))
        if len(words) < LIMITS["need_overlap_min"] * fewest:
            return False
    if a["counted_before"] - episode.last >= LIMITS["dormant_after"]:
        episode.asleep = True
    target = any(not key.startswith(("need:", "tool:", "program:")) for key in shared)
    same_tool = (a["program"] or a["tool"]) == (episode.first["program"] or episode.first["tool"])
    if _same_call(a, episode.first) or set(a["writes_targets"]) & shared or (same_tool and target):
        episode.asleep = False
    episode.last = a["counted_through"]
    return not episode.asleep


def _same_call(a: Row, b: Row) -> bool:
    return a["signature"] == b["signature"] or (a["check_id"] is not None and a["check_id"] == b["check_id"])


def _suits(episode: Episode, a: Row) -> bool:
    first = episode.first
    if not a["external"] or a["control"] or a["turn"] == first["turn"]:
        return False
    if a["program"] in DELETIONS and first["program"] not in DELETIONS:
        return False
    if episode.kind == "check.red":
        same = a["check_id"] is not None and a["check_id"] == first["check_id"]
        tests = any(key.startswith("test:") for key in episode.goal & a["left"])
        files = {"file:" + i.split("::")[0] for i in first["failing"]}
        passed = bool(files) and (first["failing"] <= set(a["passed_ids"]) or files <= episode.goal & a["left"])
        return a["family"] == "check" and (same or tests or passed)
    if KINDS[episode.kind]["write_for_write"] == "true" and first["writes"]:
        return a["changed"]
    return True


def _recovers(episode: Episode, a: Row) -> bool:
    if not _suits(episode, a):
        return False
    if episode.kind == "call.invalid":
        return a["kind"] != "call.invalid"
    new = a["new"] or a["changed"] or a["standing"] == "green"
    if a["verdict"] == "unknown":
        episode.undecided = True
    ran = episode.kind == "shell.error" and episode.first["family"] == "check" and a["check_result"] in ("red", "green")
    return new and (a["verdict"] == "ok" or (ran and a["family"] == "check"))


def _outcome(episode: Episode, actions: list[Row], notes: list[Row]) -> str:
    failed = episode.failed()
    alike = Counter((a["signature"], a["error_template"]) for a in failed)
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

    dormant = actions[-1]["counted"] - through >= LIMITS["dormant_after"] and episode.kind != "check.red"
    claimed = any(n.get("claims_success") and n["role"] == "assistant" for n in after)
    undecided = any(
        a["verdict"] == "unknown" and _suits(episode, a) for a in episode.counted if a["action"] > failed[-1]["action"]
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
        "reported": soon("reports", "assistant"),
        "handed_off ": soon("hands_over", "assistant"),
        "looped": looped,
        "masked": soon("claims_success", "assistant") or (claimed and episode.kind == "check.red"),
        "unknown": undecided,
        "abandoned": dormant,
    }
    return next((name.strip() for name, holds in endings.items() if holds), "ended")


def _final(note: Row, actions: list[Row]) -> bool:
    return not note.get("asks") or _counted_at(note, actions) == actions[-1]["counted"]


def _counted_at(note: Row, actions: list[Row]) -> int:
    return actions[note["after_action"] - 1]["counted_through"] if note["after_action"] else 0


def _recovered(episode: Episode, notes: list[Row]) -> str:
    fixed, failed, kind = episode.recovery, episode.failed(), KINDS[episode.kind]
    same = [a for a in failed if a["signature"] == fixed["signature"]]
    same_check = episode.kind == "check.red" and _same_check(episode.first, fixed)
    alike = (same or failed)[-1]
    between = [a for a in episode.counted if alike["action"] < a["action"] < fixed["action"]]
    changed = any(a["changed"] and set(a["writes_targets"]) & episode.goal for a in between)
    if kind["any_change"] == "true":
        changed = changed or fixed["changes"] - (fixed["changed"] and fixed["family"] != "check") > alike["changes"]
    otherwise = any(not _same_call(a, episode.first) for a in between)
    heals = kind["heals"] == "true" and (
        kind["any_change"] == "true" or not otherwise or kind["cause"] in ("environment", "ambiguous")
    )
    if (same or same_check) and changed:
        return "recovered_fix"
    if same and heals:
        return "recovered_retry"
    return _repaired(episode.kind, failed[-1], fixed, notes)


def _same_check(a: Row, b: Row) -> bool:
    return a["check_id"] is not None and a["check_id"] == b["check_id"]


def _repaired(kind: str, failed: Row, fixed: Row, notes: list[Row]) -> str:
    same_tool = failed["tool"] == fixed["tool"] and (kind == "call.invalid" or failed["program"] == fixed["program"])
    lost = {re.split("[=.]", slot)[0] for slot in failed["slots"] if slot not in fixed["slots"]}
    named = {name.split(".")[0] for name in failed["named_slots"]}
    between = [n for n in notes if failed["result_step"] < n["step"] < fixed["call_step"]]
    withdrawn = any(n.get("withdraws") and n["role"] == "user" for n in between)
    person = fixed["persons"] > failed["persons"]
    if kind != "approval.denied" and (withdrawn or _changed_wish(person, same_tool, lost, named)):
        return "conceded"
    if not same_tool:
        return "recovered_reroute"
    before, after = (Counter(slot.split("=")[0] for slot in a["slots"]) for a in (failed, fixed))
    degraded = any(after[path] < before[path] for path in before) or (named and lost - named)
    return "recovered_degraded" if failed["family"] == "api" and degraded else "recovered_repair"


def _changed_wish(person: bool, same_tool: bool, lost: set[str], named: set[str]) -> bool:
    return bool(person and same_tool and lost and named and not lost & named)
