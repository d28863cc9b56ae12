"""How a run ended, where somebody said so, and where it may have gone wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reroute.errors import UsageError
from reroute.settings import Project
from reroute.storage import store


@dataclass(frozen=True)
class Suspect:
    """A step that may be where a run went wrong."""

    rank: int
    """From 1."""
    step: int
    """The call, or the message, to look at."""
    episode_id: str | None
    """None: nothing was found, and this is where to begin."""
    ground: str
    """Why it is suspected: a row of the lexicon ``suspicions``."""
    reason: str
    """The words of the ground, with those of the episode."""
    score: float
    """0..1, not calibrated: orders what the rules suspect, the likeliest first."""


@dataclass(frozen=True)
class Relative:
    """A run that shares history with the one in question."""

    trajectory_id: str
    relation: Literal["owner", "copy", "whole", "beginning"]
    """``owner``: to it belongs what this run begins with; ``copy``: it begins with what is this run's; ``whole``: this
    run is as a whole its beginning; ``beginning``: it is as a whole this run's."""
    copied_through: int
    """The last step that the one that copies has from the other, in the one that copies."""
    episodes: tuple[str, ...]
    """The episode outcomes, in the one that copies, of the failures that it copied and that no copied step repairs."""


@dataclass(frozen=True)
class Ending:
    """What is known of the end of a current trajectory version; suspects only where it did not pass."""

    trajectory_id: str
    version: str
    task: str | None
    outcome: Literal["pass", "fail", "unknown"] | None
    """None: nobody said."""
    outcome_source: str | None
    suspects: tuple[Suspect, ...]
    relatives: tuple[Relative, ...] = ()
    """Those whose history it shares."""


def ending(project: Project, trajectory_id: str) -> Ending:
    """The end of the one current trajectory whose id begins so.

    Raises UsageError where there is none, or more than one.
    """
    with store.of(project).read() as connection:
        found = connection.execute(_RUN, [trajectory_id]).fetchall()
        if len(found) != 1:
            what = f"{len(found)} begin like that" if found else "there is none in the store"
            raise UsageError(f"Looking for the trajectory {trajectory_id}: {what}. `reroute sql` lists them.")
        suspects = connection.execute(_SUSPECTS, found[0][:2]).fetchall()
        relatives = connection.execute(_RELATIVES, [found[0][0]] * 4).fetchall()
    trajectory, version, task, outcome, source = found[0]
    return Ending(
        trajectory,
        version,
        task,
        outcome,
        source,
        tuple(Suspect(*row) for row in suspects),
        tuple(Relative(run, relation, through, tuple(ended)) for run, relation, through, ended in relatives),
    )


_RUN = """
    select t.trajectory_id, t.version, t.task, o.outcome, o.source
    from trajectories as t
    left join strongest_outcomes as o using (trajectory_id)
    where t.is_current and starts_with(t.trajectory_id, ?)
    order by t.trajectory_id
"""
_SUSPECTS = """
    select rank, step, episode_id, ground, reason, score
    from suspects
    where trajectory_id = ? and version = ?
    order by rank
"""
_RELATIVES = """
    select
        case when f.trajectory_id = ? then f.owner_id else f.trajectory_id end as relative,
        case
            when f.trajectory_id = ? then if(f.superseded_by is null, 'owner', 'whole')
            else if(f.superseded_by is null, 'copy', 'beginning')
        end as relation,
        f.copied_through,
        coalesce((
            select list(e.outcome order by e.onset_step, e.episode_id)
            from episodes as e
            where e.trajectory_id = f.trajectory_id and e.version = f.version
                and e.onset_step <= f.copied_through
                and coalesce(e.recovery_result_step > f.copied_through, true)
        ), []),
    from families as f
    where f.owner_id is not null and (f.trajectory_id = ? or f.owner_id = ?)
    order by relation = 'copy' or relation = 'beginning', relative
"""
