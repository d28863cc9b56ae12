"""The naive judge: an episode, and what an action does to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from naive_rules import DELETIONS, KINDS, LIMITS, PREPARATIONS, Row

STAND_INS = ("need:", "tool:", "program:", "seek:", "same:", "try:", "runner:")
SEEKING = dict.fromkeys(("search.miss", "search.drift", "browse.dead"), "seek:")


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
        if not self.counted:
            return self.kind, self.first["call_step"], self.outcome, None, None, self.first["result_step"], (), 0, 0
        rest = [a for a in self.counted if not beside(a, self.first) and not same_call(a, self.first)]
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


def opened(members: list[Row]) -> Episode:
    first, kind = members[0], members[0]["kind"]
    goal = {key for a in members for key in a["left"]}
    if not goal:
        goal = {f"program:{first['program']}" if first["program"] else f"tool:{first['tool']}"}
    wanted = (SEEKING | {"call.rejected": "same:", "ui.noeffect": "try:"}).get(kind)
    if wanted:
        goal |= {key for a in members for key in a["stand_ins"] if key.startswith(wanted)}
    for a in members:
        if any(s["signal"] in ("no_such_file", "command_not_found") for s in a["signals"]):
            goal |= a["names"]
            if kind == "shell.error":
                goal |= {key for key in a["stand_ins"] if key.startswith("runner:")}
    return Episode(kind, first, goal, [first], last=first["counted_through"])


def follow(episode: Episode, siblings: list[Row]) -> list[Row]:
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
    if a["writes"] and not _to_the_point(episode, a):
        return False
    words = {key for key in shared if key.startswith("need:")}
    program = any(key.startswith("program:") for key in shared)
    if program and all(key.startswith(("program:", "need:")) for key in shared) and not _alike(a, episode.first):
        return False
    if words and words == shared:
        fewest = min(len({k for k in side if k.startswith("need:")}) for side in (episode.goal, a["left"]))
        if len(words) < LIMITS["need_overlap_min"] * fewest:
            return False
    if a["counted_before"] - episode.last >= LIMITS["dormant_after"]:
        episode.asleep = True
    standing_in = tuple(name for name in STAND_INS if name != "program:")
    target = program or any(not key.startswith(standing_in) for key in shared)
    same_tool = (a["program"] or a["tool"]) == (episode.first["program"] or episode.first["tool"])
    if same_call(a, episode.first) or set(a["writes_targets"]) & shared or (same_tool and target):
        episode.asleep = False
    episode.last = a["counted_through"]
    return not episode.asleep


def _alike(a: Row, b: Row) -> bool:
    """Whether two calls of one program share enough of their words; the first may have none to share."""
    words, others = set(a["tokens"]), set(b["tokens"])
    return not others or len(words & others) >= LIMITS["call_overlap_min"] * len(words | others)


def same_call(a: Row, b: Row) -> bool:
    return a["signature"] == b["signature"] or (a["check_id"] is not None and a["check_id"] == b["check_id"])


def beside(a: Row, first: Row) -> bool:
    """A parallel call of the first failure, or one that was made before the failure showed."""
    return a["turn"] == first["turn"] or a["call_step"] < (first["result_step"] or first["call_step"])


def suits(episode: Episode, a: Row) -> bool:
    first = episode.first
    if not a["external"] or beside(a, first):
        return False
    if a["control"] and episode.kind != "call.invalid" and not _ran(episode, a):
        return False
    ran = not first["writes"] and first["family"] in ("shell", "check")
    if episode.kind == "shell.error" and ran and a["family"] == "edit":
        return False
    for sort in (DELETIONS, PREPARATIONS):
        if a["program"] in sort and first["program"] not in sort:
            return False
    if episode.kind == "check.red":
        same = a["check_id"] is not None and a["check_id"] == first["check_id"]
        tests = any(key.startswith("test:") for key in episode.goal & a["left"])
        files = {"file:" + i.split("::")[0] for i in first["failing"]}
        passed = bool(files) and (first["failing"] <= set(a["passed_ids"]) or files <= episode.goal & a["left"])
        return a["family"] == "check" and (same or tests or passed)
    return _to_the_point(episode, a) and _writes_for_a_write(episode, a)


def _writes_for_a_write(episode: Episode, a: Row) -> bool:
    if KINDS[episode.kind]["write_for_write"] == "true" and episode.first["writes"]:
        return a["changed"] or (a["writes"] and episode.kind == "call.invalid")
    return True


def _to_the_point(episode: Episode, a: Row) -> bool:
    """Another service's write is another way only where it is about as much of the same."""
    first = episode.first
    same_tool = (a["program"] or a["tool"]) == (first["program"] or first["tool"])
    if first["family"] != "api" or not first["writes"] or same_tool:
        return True
    wanted = {key for key in episode.goal if not key.startswith(STAND_INS)}
    return len(wanted & (a["left"] | a["names"])) >= LIMITS["reroute_overlap_min"] * len(wanted)


def _recovers(episode: Episode, a: Row) -> bool:
    if not suits(episode, a):
        return False
    if episode.kind == "call.invalid":
        return a["kind"] != "call.invalid"
    new = a["new"] or a["changed"] or a["standing"] == "green"
    if a["verdict"] == "unknown":
        episode.undecided = True
    return new and (a["verdict"] == "ok" or _ran(episode, a))


def _ran(episode: Episode, a: Row) -> bool:
    """A check that could not run has run."""
    checks = episode.first["family"] == a["family"] == "check" and a["check_result"] in ("red", "green")
    scripts = a["own_script"] and a["signature"] == episode.first["signature"]
    shown = a["verdict"] != "fails" and a["observation_hash"] is not None
    return episode.kind == "shell.error" and (checks or (scripts and shown))


def same_check(a: Row, b: Row) -> bool:
    return a["check_id"] is not None and a["check_id"] == b["check_id"]
