"""Verbs that find and judge episodes: tag, judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reroute.cli.command import app
from reroute.cli.options import HERE, AsJson, ProjectFolder

if TYPE_CHECKING:
    from reroute.settings import Project

FullRefresh = Annotated[bool, typer.Option("--full-refresh", help="Tag everything again, changed or not.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what it would come to and send nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Send, within the budget that reroute.toml gives the judge.")]
Again = Annotated[bool, typer.Option("--again", help="Also where asking gave no vote before.")]
Quality = Annotated[bool, typer.Option("--quality", help="Its votes beside people's grades.")]
Prompt = Annotated[str | None, typer.Option("--prompt", help="Print the request about this episode; send nothing.")]


@app.command()
def tag(full_refresh: FullRefresh = False, as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """Find failure-and-recovery episodes in what was collected, and label them."""
    from reroute import settings
    from reroute.storage import publish
    from reroute.tag.tagging import tag as tag_all
    from reroute.terminal import project as screens
    from reroute.terminal.output import json, put

    here = settings.load(project)
    tagged = tag_all(here, full_refresh=full_refresh)
    publish.publish(here)
    if as_json:
        print(json(tagged, indented=True))
    else:
        put(screens.tagged(tagged))


@app.command()
def judge(
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    again: Again = False,
    quality: Quality = False,
    prompt: Prompt = None,
    as_json: AsJson = False,
    project: ProjectFolder = HERE,
) -> None:
    """Have the judge's model vote on doubtful episodes; shows the price, and sends nothing without --yes.

    A vote is a signal beside the rules' own and decides nothing. Ends with exit code 3 where the endpoint failed.
    """
    from reroute import settings
    from reroute.progress import say
    from reroute.review import judge as judging
    from reroute.review.judge.chosen import asks
    from reroute.review.judge.quality import quality as measured
    from reroute.review.judge.words import words
    from reroute.tag import episodes
    from reroute.terminal.output import json
    from reroute.terminal.reviewing import judge_request

    here = settings.load(project)
    if prompt is not None:
        for ask in asks(here, words(here.root), here.settings.judge.model or "", [episodes.get(here, prompt)]):
            print(judge_request(ask))
    elif quality:
        found = measured(here)
        lines = [row.line() for row in found] or ["no episode has both a vote and a grade yet: n = 0"]
        print(json(found) if as_json else "\n".join(lines))
    elif yes and not dry_run:
        _send(here, again=again, as_json=as_json)
    else:
        estimated = judging.estimate(here, again=again)
        print(json(estimated.summary()) if as_json else "\n".join(estimated.lines()))
        if not as_json:
            say("Nothing was sent. `reroute judge --yes` sends it; `--prompt EPISODE` prints a request.")


def _send(project: Project, *, again: bool, as_json: bool) -> None:
    """Ask, bring the scores up to date with the votes, and publish.

    Raises PartialFailure, after all of it, where the endpoint failed.
    """
    from reroute.progress import say
    from reroute.review import judge as judging
    from reroute.storage import publish
    from reroute.tag import tagging
    from reroute.terminal.output import json

    for line in judging.estimate(project, again=again).lines():
        say(line)
    judged = judging.ask(project, again=again)
    tagging.relabel(project)
    publish.publish(project)
    print(json(judged) if as_json else judged.line())
    judged.check()
