"""A session's lines as a tree: which of them a copy repeats, and which branches were abandoned.

Each line names the one before it (``parentUuid``). A rewind, an edited prompt or a retried reply leaves two answers to
one line. The one that the session went on from, to the last line of the file, is the main path; each other one begins a
branch that nothing after it has seen. Lines of one response, results of parallel calls and lines of the harness lie
beside each other without being branches.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from reroute.formats.claude_code import harness
from reroute.formats.claude_code.lines import Entry

_ENCODER = msgspec.json.Encoder()


@dataclass
class Tree:
    """What the links between the lines say, by a line's place in the list of all lines."""

    repeated: dict[int, int] = field(default_factory=dict)
    """Lines that say again what an earlier one said (by uuid, or a history written anew under others), with it."""
    branch: dict[int, str] = field(default_factory=dict)
    """The abandoned branch that a line belongs to."""
    begins: dict[str, int] = field(default_factory=dict)
    """The line after which a lane goes on that shares history with another one."""
    parent: dict[int, int] = field(default_factory=dict)
    """The line that a line names as the one before it, where it is in the session."""
    starts: dict[str, str] = field(default_factory=dict)
    """The call that started each sub-agent, by the agent's id."""


def read_tree(entries: Sequence[Entry]) -> Tree:
    """The tree of all lines, of however many sessions and files."""
    tree, places = Tree(), _repetitions(entries)
    for place, one in enumerate(entries):
        if started := one.starts:
            tree.starts.setdefault(*started)
        uuid = one.line.uuid
        if uuid is not None and places.get(uuid, place) != place:
            tree.repeated[place] = places[uuid]
            if one.line.isSidechain:  # an agent that begins with its parent's messages
                tree.begins[lane_of(one)] = places[uuid]
            continue
        before = places.get(one.line.parentUuid or one.line.logicalParentUuid or "")
        if before is not None and before < place:
            tree.parent[place] = before
    _branches(entries, tree)
    return tree


def lane_of(one: Entry) -> str:
    """The lane that a line names itself: ``main``, or that of its agent; ``sidechain`` where it names none."""
    if one.line.parent_tool_use_id:
        return f"agent-{one.line.parent_tool_use_id}"
    if not one.line.isSidechain:
        return "main"
    return f"agent-{one.line.agentId}" if one.line.agentId else "sidechain"


def _repetitions(entries: Sequence[Entry]) -> dict[str, int]:
    """The place of each uuid; of a line that repeats an earlier one, the place of that one.

    A reply or result that an earlier line holds under the same id is a copy, and so is the prompt before it that is
    worded as an earlier prompt was.
    """
    places: dict[str, int] = {}
    known: dict[bytes, int] = {}
    waiting: list[tuple[str, int]] = []
    copying = False
    for place, one in enumerate(entries):
        uuid = one.line.uuid
        if uuid is None or uuid in places:
            continue
        places[uuid] = place
        key = _key(one)
        if key is None:
            continue
        earlier = known.setdefault(key, place)
        if one.kind == "user" and not one.answers:
            if earlier != place:
                waiting.append((uuid, earlier))
            else:
                waiting, copying = [], False
            continue
        acts = any(
            isinstance(block, dict) and str(block.get("type")) in {"tool_use", "tool_result"} for block in one.blocks
        )
        certain = acts or copying or bool(waiting)
        copying = earlier != place and certain
        if copying:
            places[uuid] = earlier
            places.update(waiting)
        waiting = []
    return places


def _key(one: Entry) -> bytes | None:
    """What a copy of the line shares with it; None for lines that hold no message."""
    if one.message is None or one.kind not in {"user", "assistant"}:
        return None
    if one.kind == "assistant" and one.message.id is None:
        return None
    named = one.response if one.kind == "assistant" else None
    return hashlib.blake2b(
        _ENCODER.encode((one.kind, named, lane_of(one), one.message.content)), digest_size=16
    ).digest()


def _branches(entries: Sequence[Entry], tree: Tree) -> None:
    """Give each line that is not on the main path of its agent its branch."""
    sessions: dict[str | None, list[int]] = defaultdict(list)
    for place, one in enumerate(entries):
        if place not in tree.repeated and one.line.uuid is not None and lane_of(one) == "main":
            sessions[one.line.session].append(place)
    roots = {session: _roots(entries, places, tree) for session, places in sessions.items()}
    last: dict[int, int] = {}  # the last line that follows from one
    for place in reversed(range(len(entries))):
        last.setdefault(place, place)
        if (before := tree.parent.get(place)) is not None:
            last[before] = max(last.get(before, before), last[place])
    answers: dict[object, list[int]] = defaultdict(list)
    for place, before in tree.parent.items():
        if _goes_on(entries[place], entries[before]) and _begins(entries[place], entries[before]):
            answers[before].append(place)
    answers.update((f"root of {session}", places) for session, places in roots.items() if places)
    abandoned: set[int] = set()
    for places in answers.values():
        on = max(places, key=lambda place: last[place])
        same = entries[on].response
        abandoned.update(p for p in places if p != on and (same is None or entries[p].response != same))
    _name_branches(entries, tree, abandoned)


def _name_branches(entries: Sequence[Entry], tree: Tree, abandoned: set[int]) -> None:
    """A branch for each abandoned line, and for the lines that follow from it."""
    for place in sorted({*tree.parent, *abandoned}):
        before = tree.parent.get(place)
        if place in abandoned:
            lane, number = lane_of(entries[place]), len(set(tree.branch.values())) + 1
            tree.branch[place] = name = f"branch-{number}" if lane == "main" else f"{lane}-branch-{number}"
            if before is not None:
                tree.begins[name] = before
        elif before in tree.branch and _goes_on(entries[place], entries[before]):
            tree.branch[place] = tree.branch[before]


def _goes_on(one: Entry, before: Entry) -> bool:
    """Whether a line goes on with what one agent did: a side chain may begin after a line of another agent."""
    return lane_of(one) in {"main", lane_of(before)}


def _roots(entries: Sequence[Entry], places: Sequence[int], tree: Tree) -> list[int]:
    """The first prompt of a session's lines, and each later one that follows from nothing: by its own word, and by what
    the model was given.

    A rewind to the very start leaves such a prompt, whose reply takes in less than the one before it. A session that is
    resumed may leave one too, which goes on from the line before it, as the growing input shows. None where the
    model's own lines name no line before them: there the links mean nothing.
    """
    roots: list[int] = []
    waiting: int | None = None
    before, taken = 0, 0
    for place in places:
        one = entries[place]
        unlinked = place not in tree.parent and one.line.parentUuid is None and one.line.logicalParentUuid is None
        if one.kind == "assistant" and not harness.speaks(one):
            if unlinked:
                return []
            now = one.taken or taken
            if waiting is not None and now < taken:
                roots.append(waiting)
            elif waiting is not None:
                tree.parent[waiting] = before
            waiting, taken = None, now
        elif unlinked and one.kind == "user" and not one.line.isCompactSummary and _begins(one, one):
            waiting = place if roots else None
            roots += [] if roots else [place]
        if waiting is None:
            before = place
    return roots


def _begins(one: Entry, before: Entry) -> bool:
    """Whether a line begins a prompt or a response: what a line can have only one of."""
    if one.kind == "assistant":
        return not harness.speaks(one) and (one.response is None or one.response != before.response)
    if one.kind != "user" or one.line.isMeta or one.answers:
        return False
    text = "\n".join(b if isinstance(b, str) else str(b.get("text") or "") for b in one.blocks)
    return not harness.injected(text) and not harness.interrupted(text)
