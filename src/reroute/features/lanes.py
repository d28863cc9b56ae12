"""What depends on the order of a lane's actions: the shell's folder, the agent's own scripts, controls."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from reroute.features.calls import call_facts, classify
from reroute.features.facts import Facts
from reroute.features.git import Move
from reroute.features.rules import Rules, Tool


@dataclass(slots=True)
class Walk:
    """One entry an action, in order of the calls."""

    facts: list[Facts] = field(default_factory=list)
    """The distinct facts."""
    index: list[int] = field(default_factory=list)
    """Which of them an action has."""
    own_script: list[bool] = field(default_factory=list)
    control: list[bool] = field(default_factory=list)


@dataclass(slots=True)
class _Lane:
    cwd: str | None = None
    created: set[str] = field(default_factory=set)
    """Base names of files that the agent made."""
    folders: set[str] = field(default_factory=set)
    """Folders that hold such files, and were not worked in before."""
    seen: set[str] = field(default_factory=set)
    """Files that it worked with before making anything of that name."""
    written: set[str] = field(default_factory=set)
    reverted: set[str] = field(default_factory=set)
    fresh: list[str] = field(default_factory=list)
    """What was seen since ``folders_seen`` was asked for last: few lanes make files."""
    _seen_folders: set[str] = field(default_factory=set)

    def folders_seen(self) -> set[str]:
        """Every folder above what was seen."""
        for target in self.fresh:
            self._seen_folders.update(_above(target))
        self.fresh.clear()
        return self._seen_folders


Call = tuple[int, str | None, str | None, bool, bool, bool, str | None]
"""Lane, tool, arguments, whether it failed, whether it was refused before it ran, whether the agent said that it takes
its changes back, and where the result says that the shell stands now."""


def walk(calls: Iterable[Call], rules: Rules) -> Walk:
    """Facts and order-dependent marks of every call, in the order of the lanes."""
    done = Walk()
    known: dict[tuple[str, str | None, str | None], int] = {}
    rows: dict[str, Tool] = {}
    lane_key, lane = -1, _Lane()
    for key, raw, text, failed, refused, taken_back, folder in calls:
        if key != lane_key:
            lane_key, lane = key, _Lane()
        tool = raw or ""
        row = rows.get(tool) or rows.setdefault(tool, classify(tool, rules))
        keeps = "keeps_cwd" in row.flags
        cwd = lane.cwd if keeps else None
        index = known.get((tool, text, cwd))
        if index is None:
            index = known[tool, text, cwd] = len(done.facts)
            done.facts.append(call_facts(tool, text, cwd, rules, row))
        facts = done.facts[index]
        done.index.append(index)
        _mark(done, lane, facts, refused=refused, taken_back=taken_back)
        if keeps and (folder or not failed):
            lane.cwd = folder or facts.folder
    return done


def _mark(done: Walk, lane: _Lane, facts: Facts, *, refused: bool, taken_back: bool) -> None:
    """What was refused changed nothing."""
    for target in () if refused else facts.created:
        if target not in lane.seen:
            lane.created.add(_base(target))
            lane.folders.update(_above(target) - lane.folders_seen())
    scripts = facts.scripts
    made = lane.created
    own = bool(scripts and made) and all(_base(t) in made or t in lane.folders for t in scripts)
    done.own_script.append(own)
    if refused:
        done.control.append(False)
        return
    back = lane.written.intersection(facts.written) if taken_back else frozenset()
    if facts.moves:
        done.control.append(_control(lane, _reverting(facts.moves, back) if back else facts.moves))
    else:
        done.control.append(bool(lane.reverted) and facts.check_id is not None)
        if back:
            lane.reverted |= back
        elif lane.reverted and facts.written:
            _restore(lane, facts.written)
    lane.written.update(facts.written)
    for target in facts.targets:
        if target not in lane.seen and (not made or _base(target) not in made):
            lane.seen.add(target)
            lane.fresh.append(target)


def _base(target: str) -> str:
    return target.rsplit("/", 1)[-1].removeprefix("file:")


def _above(target: str) -> set[str]:
    """Every folder above a file target."""
    if not target.startswith("file:") or "/" not in target:
        return set()
    pieces = target.split("/")
    return {"/".join(pieces[:count]) for count in range(1, len(pieces))}


def _reverting(moves: Iterable[Move], back: AbstractSet[str]) -> list[Move]:
    """The moves of an edit by hand that takes the edits of ``back`` back."""
    return [("revert" if move == "restore" and paths and back >= set(paths) else move, paths) for move, paths in moves]


def _control(lane: _Lane, moves: Iterable[Move]) -> bool:
    """Whether a check among the moves ran while an edit was taken back."""
    control = False
    for move, paths in moves:
        if move == "check":
            control = control or bool(lane.reverted)
        elif move == "revert":
            lane.reverted |= set(paths or lane.written) if lane.written else set()
        else:
            _restore(lane, paths)
            lane.written.update(paths)
    return control


def _restore(lane: _Lane, paths: Iterable[str]) -> None:
    gone = set(paths)
    lane.reverted = lane.reverted - gone if gone else set()
