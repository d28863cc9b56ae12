"""What a verb answers: a screen for a person, or JSON for a machine; both safe on a terminal."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from reroute.terminal import ending, episode, first_screen, reviewing
from reroute.terminal.paper import put, text, width

if TYPE_CHECKING:
    from reroute.episode import Episode
    from reroute.episode_text.scene import Scene
    from reroute.look import Looked
    from reroute.review import Status
    from reroute.terminal.found import Listing, Named

# Characters that JSON lets stand as they are and a terminal may act on.
_ACTED_ON = re.compile("[\x7f-\x9f\u200b\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069\ufeff]")


class Line(Protocol):
    """A result that says what came of a verb on one line."""

    def line(self) -> str: ...


class _LookJson(msgspec.Struct, frozen=True):
    sessions: int
    files: int
    steps: int
    formats: dict[str, int]
    episodes: int
    guesses: int
    recovered: int
    spent_failing: object
    unknown_files: list[str]
    rejected: int
    problems: list[str]
    found: list[object]


def json(value: object) -> str:
    """``value`` as JSON text on one line; nothing in it is acted on by a terminal."""
    encoded = msgspec.json.encode(value, enc_hook=str).decode()
    return _ACTED_ON.sub(lambda match: f"\\u{ord(match[0]):04x}", encoded)


def tell(result: Line, *, as_json: bool) -> None:
    """The one line of a result, or all of it as JSON."""
    print(json(result) if as_json else result.line())


def reviewed(status: Status, *, as_json: bool) -> None:
    """Where review stands."""
    if as_json:
        print(json(status))
    else:
        put(reviewing.screen(status))


def one(told: Scene, *, as_json: bool) -> None:
    """One episode in full."""
    if as_json:
        print(json(told))
    else:
        put([*episode.view(told, width()), text("")])


def named(found: Named, *, as_json: bool) -> None:
    """What an id stands for: of a trajectory its end first, then each episode in full; JSON has a line for each."""
    if found.ending is not None and as_json:
        print(json(found.ending))
    elif found.ending is not None:
        put([*ending.view(found.ending, width()), text("")])
    for told in found.scenes:
        one(told, as_json=as_json)


def first_screen_of(looked: Looked, paths: Sequence[Path], limit: int, *, as_json: bool) -> None:
    """The first screen of ``reroute look``."""
    told = looked.telling(limit)
    if as_json:
        print(json(_look_json(looked)))
        return
    again = "reroute look " + " ".join(shlex.quote(str(path)) for path in paths)
    put(first_screen.screen(looked, told, again, width()))


def listing(found: Listing, *, as_json: bool) -> None:
    """Episodes as a line each."""
    if as_json:
        for told in found.told:
            print(json(told))
        return
    put(first_screen.lines(found.told, width()))
    if found.total > len(found.told):
        put([text((f"  … {found.total - len(found.told):,} more; --limit 0 lists all", "dim"))])
    if not found.total:
        put([text("No episodes like that here. `reroute status` says what was collected and tagged.")])


def _look_json(looked: Looked) -> _LookJson:
    return _LookJson(
        sessions=looked.sessions,
        files=looked.files,
        steps=looked.steps,
        formats=looked.formats,
        episodes=len(looked.firm),
        guesses=len(looked.episodes) - len(looked.firm),
        recovered=sum(_recovered(e) for e in looked.firm),
        spent_failing=looked.spent,
        unknown_files=looked.unknown_files,
        rejected=looked.rejected,
        problems=looked.problems,
        found=[looked.told(episode) for episode in looked.episodes],
    )


def _recovered(found: Episode) -> bool:
    return found.outcome.startswith("recovered")
