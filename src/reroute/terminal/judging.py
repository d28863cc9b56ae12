"""What the judge came to, for a person or a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reroute.terminal.answers import json, tell

if TYPE_CHECKING:
    from reroute.settings import Project


def estimate(project: Project, *, again: bool, as_json: bool) -> None:
    """What asking would come to."""
    from reroute.progress import say
    from reroute.review import judge

    found = judge.estimate(project, again=again)
    if as_json:
        print(json(found.summary()))
        return
    print("\n".join(found.lines()))
    say("Nothing was sent. `reroute judge --yes` sends it; `--prompt EPISODE` prints a request.")


def ask(project: Project, *, again: bool, as_json: bool) -> None:
    """Ask, bring the scores up to date with the votes, and publish.

    Raises PartialFailure, after all of it, where the endpoint failed.
    """
    from reroute.progress import say
    from reroute.review import judge
    from reroute.storage import publish
    from reroute.tag import tagging

    for line in judge.estimate(project, again=again).lines():
        say(line)
    judged = judge.ask(project, again=again)
    tagging.relabel(project)
    publish.publish(project)
    tell(judged, as_json=as_json)
    judged.check()


def quality(project: Project, *, as_json: bool) -> None:
    """The judge's votes beside people's grades."""
    from reroute.review.judge.quality import quality as measured

    found = measured(project)
    if as_json:
        print(json(found))
    else:
        print("\n".join(row.line() for row in found) or "no episode has both a vote and a grade yet: n = 0")


def prompt(project: Project, episode_id: str) -> None:
    """The request about one episode, as it would be sent."""
    from reroute.review.judge.chosen import asks
    from reroute.review.judge.words import words
    from reroute.safe_text import clean
    from reroute.tag import episodes

    wanted = [episodes.get(project, episode_id)]
    for each in asks(project, words(project.root), project.settings.judge.model or "", wanted):
        for message in each.prompt.messages():
            print(f"--- {message['role']}\n{clean(message['content'])}")
        print(f"--- {each.prompt.size:,} bytes; " + (f"withheld: {each.order}" if each.order else "would be sent"))
