"""What depends on the order of a lane's actions: the shell's folder, the agent's own scripts, controls."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from copy import copy, deepcopy
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

import polars as pl

from reroute.tag.features import observations
from reroute.tag.features.calls import call_facts, classify
from reroute.tag.features.facts import Facts
from reroute.tag.features.git import Move
from reroute.tag.features.rules import Rules, Tool
from reroute.tag.features.schema import FACTS, build_frame


@dataclass(slots=True)
class Walk:
    """One entry an action, in order of the calls."""

    facts: list[Facts] = field(default_factory=list)
    """The distinct facts."""
    index: list[int] = field(default_factory=list)
    """Which of them an action has."""
    own_script: list[bool] = field(default_factory=list)
    """Runs what the agent wrote itself to see something, not to change something."""
    control: list[bool] = field(default_factory=list)

    def joined(self, found: pl.DataFrame, rules: Rules) -> pl.DataFrame:
        """The calls with ``schema.FACTS``, ``fact`` (which of ``facts``), ``own_script``, ``control`` and ``last``.

        ``last``: in the last turn of its lane. A test that the agent wrote and runs as a script is no check.
        """
        facts, length = self.facts, int(rules.thresholds["tokens_text"])
        cells: dict[str, Sequence[object]] = {
            "printed": [fact.content for fact in facts],
            "expected": [sorted(fact.expected) for fact in facts],
            "text": [fact.text[:length] for fact in facts],
        }
        table = build_frame(FACTS, [cells.get(name) or list(map(attrgetter(name), facts)) for name, _, _ in FACTS])
        table = table.with_columns(tokens=observations.tokens(pl.col("text"), rules)).drop("text")
        frame = found.with_columns(
            pl.Series("fact", self.index, dtype=pl.UInt32),
            pl.Series("own_script", self.own_script, dtype=pl.Boolean),
            pl.Series("control", self.control, dtype=pl.Boolean),
        )
        frame = frame.hstack(table[frame["fact"]] if table.height else table)
        demoted = pl.col("check_script") & pl.col("own_script")
        return frame.with_columns(
            family=pl.when(demoted).then(pl.lit("shell")).otherwise(pl.col("family")),
            check_id=pl.when(~demoted).then(pl.col("check_id")),
            check_kind=pl.when(~demoted).then(pl.col("check_kind")),
            last=pl.col("turn") == pl.col("turn").last().over("lane_key"),
        )


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
    authored: dict[str, list[str]] = field(default_factory=dict)
    """What the agent's own scripts write, by their base names."""
    edited: set[str] = field(default_factory=set)
    """Files of production code among the written."""
    reverted: set[str] = field(default_factory=set)
    announced: set[str] = field(default_factory=set)
    """Those of the reverted of which the agent says that it takes its changes back."""
    fresh: list[str] = field(default_factory=list)
    """What was seen since ``folders_seen`` was asked for last: few lanes make files."""
    _seen_folders: set[str] = field(default_factory=set)

    def see(self, targets: Iterable[str]) -> None:
        """Note what the agent worked with, its own files left out."""
        for target in targets:
            if target not in self.seen and (not self.created or _base(target) not in self.created):
                self.seen.add(target)
                self.fresh.append(target)

    def folders_seen(self) -> set[str]:
        """Every folder above what was seen."""
        for target in self.fresh:
            self._seen_folders.update(_above(target))
        self.fresh.clear()
        return self._seen_folders

    def taken_back(self) -> bool:
        """Whether the code stands as it did before: while another edit is in place, taking one back shows nothing."""
        return bool(self.announced) or (bool(self.reverted) and self.edited <= self.reverted)

    def restore(self, paths: Collection[str]) -> None:
        """Note that edits of these files, or of all where none is named, are in place again."""
        self.reverted = self.reverted.difference(paths) if paths else set()
        self.announced &= self.reverted

    def control(self, moves: Iterable[Move], back: AbstractSet[str], *, said: bool) -> bool:
        """Whether a check among the moves ran while an edit was taken back.

        ``back``: what the call undoes; ``said``: the agent says that it takes its changes back.
        """
        control = False
        for stated, paths in moves:
            by_hand = stated == "restore" and bool(paths) and back >= set(paths)
            move = "revert" if by_hand else stated
            if move == "check":
                control = control or self.taken_back()
            elif move == "revert":
                gone = set(paths or self.written) if self.written else set()
                self.reverted |= gone
                self.announced |= gone & self.edited if said else set()
            else:
                self.restore(paths)
                self.written.update(paths)
        return control

    def rewriting(self, facts: Facts) -> Facts | None:
        """The facts of a call that runs a script of the agent's own which changes files that it has seen."""
        for script, files in facts.authored:
            self.authored[_base(script)] = files
        if not self.authored:
            return None
        found = [t for script in facts.scripts for t in self.authored.get(_base(script), ()) if t in self.seen]
        if not found:
            return None
        changed = copy(facts)
        changed.writes, changed.alters, changed.probe = True, True, False
        changed.family = "edit" if facts.family == "shell" else facts.family
        changed.written = [*facts.written, *(target for target in found if target not in facts.written)]
        changed.targets = [*facts.targets, *(target for target in found if target not in facts.targets)]
        changed.moves = (("restore", tuple(found)), *facts.moves)
        return changed

    def mark(self, facts: Facts, rules: Rules, *, refused: bool, taken_back: bool) -> tuple[bool, bool]:
        """Note what a call makes, takes back and puts back; whether it runs an own script, and whether it is a control.

        A script is the agent's own where it made every file that is run, and only to show something. What was refused
        changed nothing.
        """
        phrases = rules.phrases
        for target in () if refused else facts.created:
            # A test that is made after the code was changed is to stay.
            stays = self.edited and phrases.lasting_test.search(target) and not phrases.scratch_test.search(target)
            if target not in self.seen and not stays:
                self.created.add(_base(target))
                self.folders.update(_above(target) - self.folders_seen())
        names = [_base(target) for target in facts.scripts] if self.created and not facts.alters else []
        own_script = (
            bool(names)
            and all(name in self.created or t in self.folders for name, t in zip(names, facts.scripts, strict=True))
            and all(phrases.reproduces.search(name) or not phrases.changes.search(name) for name in names)
        )
        if refused:
            return own_script, False
        back = self.written.intersection(facts.written) if taken_back else frozenset()
        if facts.moves:
            self.announced |= back
            control = self.control(facts.moves, back, said=taken_back)
        else:
            control = facts.check_id is not None and self.taken_back()
            if back:
                self.reverted |= back
                self.announced |= back
            elif self.reverted and facts.written:
                self.restore(facts.written)
        self.written.update(facts.written)
        return own_script, control


class Call(NamedTuple):
    """A call as the walk over its lane sees it."""

    lane_key: int
    tool: str | None
    arguments: str | None
    failed: bool
    missing: bool
    """What it asked for was not there."""
    refused: bool
    """It was refused before it ran."""
    taken_back: bool
    """The agent said that it takes its changes back."""
    folder: str | None
    """Where the result says that the shell stands now."""


@dataclass(slots=True)
class _Shared:
    """What lanes had come to where others leave them."""

    starts: Mapping[int, tuple[int, int]]
    """Of a lane that shares history: the lane that it leaves, and after how many calls of it."""
    states: dict[tuple[int, int], _Lane] = field(default_factory=dict)
    passed: Counter[int] = field(default_factory=Counter)

    def begun(self, lane_key: int) -> _Lane:
        """The state in which a lane begins."""
        state = self.states.get(self.starts.get(lane_key, (-1, 0)))
        return _Lane() if state is None else deepcopy(state)

    def passing(self, lane_key: int, lane: _Lane) -> None:
        """Keep the state of a lane before its next call, or at its end, where another leaves it."""
        at = (lane_key, self.passed[lane_key])
        if at in self.starts.values():
            self.states[at] = deepcopy(lane)
        self.passed[lane_key] += 1


def walk(calls: Iterable[Call], rules: Rules, starts: Mapping[int, tuple[int, int]] | None = None) -> Walk:
    """Facts and order-dependent marks of every call, in the order of the lanes; ``starts``: see ``forks.starts``."""
    done = Walk()
    known: dict[tuple[str, str | None, str | None], int] = {}
    rows: dict[str, Tool] = {}
    shared = _Shared(starts or {})
    lane_key, lane = -1, _Lane()
    for call in calls:
        if call.lane_key != lane_key:
            shared.passing(lane_key, lane)
            lane_key, lane = call.lane_key, shared.begun(call.lane_key)
        shared.passing(lane_key, lane)
        tool, text = call.tool or "", call.arguments
        row = rows.get(tool) or rows.setdefault(tool, classify(tool, rules))
        keeps = "keeps_cwd" in row.flags
        cwd = lane.cwd if keeps else None
        index = known.get((tool, text, cwd))
        if index is None:
            index = known[tool, text, cwd] = len(done.facts)
            done.facts.append(call_facts(tool, text, cwd, rules, row))
        facts = done.facts[index]
        if not call.refused and (changed := lane.rewriting(facts)):
            facts, index = changed, len(done.facts)
            done.facts.append(facts)
        done.index.append(index)
        own_script, control = lane.mark(facts, rules, refused=call.refused, taken_back=call.taken_back)
        done.own_script.append(own_script)
        done.control.append(control)
        if not (call.refused or call.missing):
            lane.see(facts.targets)
        for target in () if call.refused else facts.written:
            aside = target in lane.edited or _base(target) in lane.created  # the agent's own is no production code
            if not aside and not re.search(rules.bystanders, target):
                lane.edited.add(target)
        if keeps and (call.folder or not call.failed):
            lane.cwd = call.folder or facts.folder
    return done


def _base(target: str) -> str:
    return target.rsplit("/", 1)[-1].removeprefix("file:")


def _above(target: str) -> set[str]:
    """Every folder above a file target."""
    if not target.startswith("file:") or "/" not in target:
        return set()
    pieces = target.split("/")
    return {"/".join(pieces[:count]) for count in range(1, len(pieces))}
