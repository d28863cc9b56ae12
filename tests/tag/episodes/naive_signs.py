"""The naive judge: the kind that each action fails as, or that it does not fail, or that nobody can say."""

from __future__ import annotations

from naive_edits import unchanged
from naive_pages import comes_back, dead, page_signs, search_signs
from naive_rules import BUILD, DELETIONS, KINDS, LIMITS, SIGNALS, SLIPS, Row, in_words


def judge(actions: list[Row], before: list[Row]) -> None:
    """The kind that each action fails as (None: it does not fail, or nobody can say) and its verdict.

    ``before``: the judged actions of the history that the lane shares.
    """
    _check_standings(actions, before)
    for index, a in enumerate(actions):
        signs = [*_lexicon_signs(actions, index), *_red_signs(actions, index, before), *_stall_signs(actions, index)]
        signs += page_signs(actions, index) + search_signs(actions, index) + unchanged(actions, index)
        signs.sort(key=lambda s: (not s[1], int(KINDS[s[0]]["precedence"]), s[2]))
        a["kind"], a["firm"], a["sign"] = signs[0] if signs else (None, None, None)
        a["signs"] = {s[0] for s in signs}
        if a["kind"]:
            a["verdict"] = "fails"
        elif not a["external"] or a["control"]:
            a["verdict"] = "unknown"
        elif a["family"] == "check":
            a["verdict"] = "ok" if a["standing"] == "green" else "unknown"
        else:
            a["verdict"] = "ok" if a["outcome_hint"] == "ok" else "unknown"


def _check_standings(actions: list[Row], before: list[Row]) -> None:
    known = [*before, *actions]
    for a in actions:
        controls = [b for b in known if b["family"] == "check" and b["control"] and b["check_id"] == a["check_id"]]
        found = {i for b in controls for i in b["failed_ids"]} if a["check_id"] else set()
        a["failing"] = set(a["failed_ids"]) - found
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
            if (bystanding and name not in SLIPS) or needless or judged or (name == "exit_nonzero" and not firm):
                continue
            firm = firm and not (a["own_script"] and name == "syntax_error" and not a["productions"])
        if kind == "browse.dead" and not dead(a, sign):
            continue
        if kind == "search.miss" and _neutral(actions, index):
            continue
        firm = firm and (kind != "search.miss" or in_words(a))
        if kind in KINDS and kind not in ("check.red", "loop.stall"):
            signs.append((kind, firm, name))
    return signs


def _neutral(actions: list[Row], index: int) -> bool:
    """Whether an empty result is none: the last page of results, or a structured look-up for the first time."""
    a = actions[index]
    if in_words(a):
        alike = [b for b in actions[:index] if b["family"] == "search" and b["tool"] == a["tool"]]
        return any(set(b["targets"]) == set(a["targets"]) and not _missed(b) for b in alike)
    before = [b for b in actions[:index] if b["signature"] == a["signature"] and _missed(b)]
    return a["family"] not in ("ui", "browse") and (not before or before[-1]["persons"] != a["persons"])


def _missed(a: Row) -> bool:
    return any(
        (SIGNALS.get((s["signal"], a["family"])) or SIGNALS.get((s["signal"], "*"))) == "search.miss"
        for s in a["signals"]
    )


def _red_signs(actions: list[Row], index: int, history: list[Row]) -> list[tuple[str, bool, str]]:
    a = actions[index]
    if a["standing"] != "red" or a["control"] or a["own_script"]:
        return []
    if not a["productions"]:
        return _unedited(actions, index)
    earlier = [
        b
        for b in [*history, *actions[:index]]
        if b["family"] == "check" and b["check_id"] == a["check_id"] and not b["control"] and not b["own_script"]
    ]
    green = {i for b in earlier for i in b["passed_ids"]} if a["check_id"] else set()
    clean = any(b["standing"] == "green" and not (set(b["failed_ids"]) - b["failing"]) for b in earlier)
    if clean or a["failing"] & green or _confirmed(actions, index):
        return [("check.red", True, "check_broken")]
    before = [b for b in earlier if b["standing"] == "red" and not b["productions"]] if a["check_id"] else []
    fresh = a["failing"] - {i for b in before for i in b["failing"]}
    if before and not fresh:
        if not _turns_green(actions, index):
            return [("check.red", False, "check_first_red")]
        fresh = a["failing"]
    last = earlier[-1] if earlier else None
    aimed = last and last["standing"] == "red" and a["productions"] > last["productions"]
    if aimed and (fresh & last["failing"] or not (a["failing"] or last["failing"])):
        return [("check.red", True, "check_still_red")]
    built = bool(a["check_id"] and BUILD.search(a["check_id"]))
    return [("check.red", built, "build_red" if built else "check_first_red")]


def _unedited(actions: list[Row], index: int) -> list[tuple[str, bool, str]]:
    """A build that is red before any edit: green without one it was no fault of the code, with one it was."""
    a = actions[index]
    if not (a["check_id"] and BUILD.search(a["check_id"])):
        return []
    later = [b for b in actions[index + 1 :] if b["family"] == "check" and b["check_id"] == a["check_id"]]
    ran = [b for b in later if not (b["control"] or b["own_script"] or b["productions"])]
    if any(b["standing"] == "green" for b in ran):
        return [("check.red", True, "build_red")]
    return [] if actions[-1]["productions"] else [("check.red", False, "check_first_red")]


def _turns_green(actions: list[Row], index: int) -> bool:
    """Whether the same check is green after a later edit of production code."""
    a = actions[index]
    return any(
        b["standing"] == "green" and b["check_id"] == a["check_id"] and b["productions"] > a["productions"]
        for b in actions[index + 1 :]
        if b["family"] == "check" and not b["control"] and not b["own_script"]
    )


def _confirmed(actions: list[Row], index: int) -> bool:
    """Whether the next run of the check is a control, and green, with only the taking back in between."""
    a = actions[index]
    later = [b for b in actions[index + 1 :] if b["family"] == "check" and b["check_id"] == a["check_id"]]
    for b in later if a["check_id"] else ():
        if not (b["control"] or b["own_script"]):
            return False
        near = b["changes"] - a["changes"] <= LIMITS["control_changes_max"]
        if b["control"] and b["standing"] == "green" and near:
            return True
    return False


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
    return [("loop.stall", True, "page_again")] if comes_back(actions, index) else []


def _pair(a: Row) -> tuple[object, object]:
    return a["signature"], a["observation_hash"]


def _firm(a: Row) -> bool:
    return any(s["firm"] for s in a["signals"])
