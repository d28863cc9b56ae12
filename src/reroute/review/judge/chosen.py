"""Which episodes the judge is asked about, and the request about each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from reroute.review.judge.prompt import Prompt, prompt
from reroute.review.judge.window import window
from reroute.review.judge.words import Words
from reroute.review.plan import span
from reroute.settings import Project
from reroute.storage import lake, store
from reroute.storage.lake.columns import step_rows
from reroute.tag import episodes
from reroute.tag.binding import judged_now

if TYPE_CHECKING:
    from reroute.episode import Episode

SURE = 0.8
"""Rules that are at least this sure of an episode leave nothing to ask."""


@dataclass(frozen=True)
class Ask:
    """One episode with the request about it."""

    episode: Episode
    prefix_hash: str
    """Of the steps through the last one shown."""
    prompt: Prompt
    model: str
    judged: str | None
    """The judged steps by content (JSON of :class:`reroute.tag.judged.Judged`); None: their part has no hashes."""
    order: str | None
    """Name of the pattern by which the recording gives orders to whoever judges it; such an ask is never sent."""

    @property
    def vote_id(self) -> str:
        """24 hex digits that the same recording, words and model always have."""
        key = f"{self.prefix_hash}\0{self.prompt.hash}\0{self.model}"
        return hashlib.blake2b(key.encode(), digest_size=12).hexdigest()


def asks(project: Project, words: Words, model: str, wanted: Iterable[Episode] | None = None) -> Iterator[Ask]:
    """The request about each wanted episode (default: every doubtful one), by trajectory."""
    found = doubtful(project) if wanted is None else wanted
    with store.of(project).read() as connection:
        rows = connection.execute(
            "select trajectory_id, version, part, steps, task from trajectories where is_current"
        ).fetchall()
    places = {(row[0], row[1]): (lake.Place(*row[:4]), row[4]) for row in rows}
    limits = project.settings.judge
    for (trajectory, version), group in groupby(found, key=lambda episode: (episode.trajectory_id, episode.version)):
        place, task = places[trajectory, version]
        table = lake.read_rows(project, place)
        steps, prefixes = step_rows(table), table["prefix_hash"].to_pylist()
        for episode in group:
            shown = window(episode, steps, task, limits.window, limits.window_characters)
            made = prompt(words, shown.text)
            evidence = [episode.manifest_step, *(one.step for one in episode.evidence)]
            steps_judged = judged_now(table, *span(episode), evidence)
            yield Ask(episode, prefixes[shown.last_step], made, model, steps_judged, words.order_in(shown.text))


def doubtful(project: Project) -> list[Episode]:
    """Episodes that neither a firm sign nor a person has decided about, by trajectory and onset."""
    return [
        episode
        for episode in episodes.load(project)
        if episode.label_source == "rules" and (episode.is_failure is None or episode.score < SURE)
    ]
