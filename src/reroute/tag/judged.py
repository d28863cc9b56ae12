"""What a person or a judge gave an answer on, by the content of its steps, and where it lies in another version.

A newer reader adds messages and events between the steps of a run, a rewind puts older steps into a branch, a lane gets
another name: the steps have other numbers and other prefix hashes then, and say what they said. The judged steps are
found as long as all of them are there, in order, in whatever lane; where one of them says something else, it is another
story, and nothing is found.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import msgspec

from reroute.hashes import is_said, span_hash
from reroute.trace import Step

_SEARCH_STEPS = 300_000
"""So many steps are hashed to find the span of one hash: about a second."""
_BESIDE_MOST = 4
"""Spans of which only the hash is known are looked for with so many steps in them that are not said."""
_WINDOW_PER_STEP = 20
"""How many steps a newer reader may have made of one, at most, where such a span is looked for."""
_PLACE_STEPS = 10_000
"""So many steps are tried for a place with one first step: equal calls in many lanes could be combined without end."""


class Judged(msgspec.Struct, frozen=True):
    """The judged steps as a version of their run holds them; stored as JSON."""

    steps: list[str]
    """Content hash of each, 16 hex digits, the first step of the span first."""
    calls: list[int | None]
    """Of each that is a result: where its call stands in ``steps``."""
    nth: int
    """0-based: which of the places where these steps lie in the version, for runs that fail twice in the same words."""
    of: int
    """How many such places there are."""

    def text(self) -> str:
        """As JSON."""
        return msgspec.json.encode(self).decode()


@dataclass(frozen=True)
class Version:
    """One version of a run as far as spans are found in it: a value a step."""

    lanes: list[str]
    said: list[bool]
    """Whether every copy of the run has the step (:func:`reroute.hashes.is_said`)."""
    calls: list[int | None]
    """Of a result: its call."""
    contents: list[str]
    """Content hash, 16 hex digits; all before redaction, or all after it."""


def version(
    lanes: list[str], roles: list[str], kinds: list[str], parents: list[int | None], contents: list[int]
) -> Version:
    """From the steps' columns and content hashes."""
    said = [is_said(*both) for both in zip(roles, kinds, strict=True)]
    calls = [parent if kind == "result" else None for parent, kind in zip(parents, kinds, strict=True)]
    return Version(lanes, said, calls, [f"{one:016x}" for one in contents])


def judged(held: Version, start: int, end: int, evidence: Iterable[int] = ()) -> Judged | None:
    """What was judged in a span: what its lane says and does from step ``start`` through ``end``, and the evidence.

    The first and the last step count whatever they are: a limit, a person's words. None where they could not be found
    again even here, among many that are the same.
    """
    wanted = {step for step in evidence if start <= step < len(held.contents)} | {start}
    wanted |= {
        step
        for step in range(start, min(end + 1, len(held.contents)))
        if held.lanes[step] == held.lanes[start] and (held.said[step] or step == end)
    }
    order = {step: index for index, step in enumerate(sorted(wanted))}
    calls = [order.get(call) if (call := held.calls[step]) is not None else None for step in order]
    found = Judged([held.contents[step] for step in order], calls, 0, 1)
    firsts = [place[0] for place in _places(held, found)]
    return msgspec.structs.replace(found, nth=firsts.index(start), of=len(firsts)) if start in firsts else None


def find(held: Version, wanted: Judged) -> list[int] | None:
    """The steps of a version that are the judged ones; None where it does not hold them as often as they were there.

    Where they are fewer, nobody can say which of them is gone.
    """
    places = list(_places(held, wanted))
    return places[wanted.nth] if len(places) >= wanted.of else None


def _places(held: Version, wanted: Judged) -> Iterator[list[int]]:
    """Every place where the wanted steps lie in order, by its first step; each goes on with the next steps that fit.

    Of results, only the one of the very call fits.
    """
    where: dict[str, list[int]] = defaultdict(list)
    for step, content in enumerate(held.contents):
        where[content].append(step)

    def fitting(place: list[int]) -> Iterator[int]:
        alike, call = where[wanted.steps[len(place)]], wanted.calls[len(place)]
        for at in range(bisect_right(alike, place[-1]), len(alike)):
            if call is None or held.calls[alike[at]] in {None, place[call]}:
                yield alike[at]

    for start in where[wanted.steps[0]]:
        place, waiting, left = [start], list[Iterator[int]](), _PLACE_STEPS
        while place and len(place) < len(wanted.steps) and left:
            if len(waiting) < len(place):
                waiting.append(fitting(place))
            left -= 1
            fit = next(waiting[-1], None)
            if fit is None:
                waiting.pop()
                place.pop()
            else:
                place.append(fit)
        if len(place) == len(wanted.steps):
            yield place


def find_hashed(steps: Sequence[Step], wanted: str, start: int, length: int) -> list[int] | None:
    """The steps that have the hash of a span (:func:`reroute.hashes.span_hash`), where no more is known of it.

    ``steps`` are redacted, ``start`` is where the span began, and ``length`` how many steps it had in all lanes. What a
    newer reader may have added may stand between those that are found, and they may be in two lanes. None where the
    hash is of no such steps, or the run is too long to look everywhere.
    """
    left = _SEARCH_STEPS
    alike = [msgspec.structs.replace(step, lane="") for step in steps]
    # A newer reader adds steps, so the span is looked for at its old place and behind it first.
    starts = sorted(range(len(steps)), key=lambda step: (step < start, abs(step - start)))
    for beside in range(min(length, _BESIDE_MOST + 1)):
        for first in starts:
            for place in _choices(steps, first, length, beside):
                left -= len(place)
                if left < 0:
                    return None
                if span_hash([alike[step] for step in place]) == wanted:
                    return place
    return None


def _choices(steps: Sequence[Step], first: int, most: int, beside: int) -> Iterator[list[int]]:
    """The choices of at most ``most`` steps from ``first`` on that leave out nothing said between first and last.

    ``beside``: how many of those behind the first are not said: words of a person, thoughts, events. The steps are of
    the lane of the first one, or of that lane and one other.
    """
    own, last = steps[first].lane, min(len(steps), first + _WINDOW_PER_STEP * most)
    for other in [own, *sorted({step.lane for step in steps[first:last]} - {own})]:
        rest = [step for step in range(first + 1, last) if steps[step].lane in {own, other}]
        said = [step for step in rest if is_said(steps[step].role, steps[step].type)]
        for count in range(min(len(said), most - 1 - beside), -1, -1):
            end = said[count] if count < len(said) else last
            between = [step for step in rest if step < end and not is_said(steps[step].role, steps[step].type)]
            for chosen in combinations(between, beside):
                yield sorted([first, *said[:count], *chosen])


def span_of(held: Version, place: Sequence[int]) -> tuple[int, int, str, bool]:
    """First and last step of what was found in the lane of its first step, that lane, and whether it ends there.

    Where it does not, a branch begins in between, and how the story ended there is not how it ended here.
    """
    lane = held.lanes[place[0]]
    return place[0], max(step for step in place if held.lanes[step] == lane), lane, held.lanes[place[-1]] == lane
