"""The night: every stage once, in order; a failed stage is remembered and the others finish.

Both ways to run it, the Prefect flow and ``reroute nightly --plain``, take their stages and their summary from here.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any, Protocol

from reroute.errors import NothingToExport, PartialFailure, RerouteError, StoreBusy, StoreError
from reroute.progress import say, warn
from reroute.settings import Project


class Stage(Protocol):
    """A stage does its work on a project and returns one line that says what it did."""

    __name__: str

    def __call__(self, project: Project) -> str:
        """Do the work."""


@dataclass
class Night:
    """The result of each stage that was not switched off."""

    finished: dict[str, str] = field(default_factory=dict)
    """Stage -> the line that says what it did."""
    failed: dict[str, str] = field(default_factory=dict)
    """Stage -> the message of its error."""

    def record(self, stage: str, result: str | BaseException) -> None:
        """Record the result of a stage, its line or its error, and say it; "" is a stage that is switched off.

        Raises again what is a broken store or no error of ours to expect.
        """
        if result == "":
            return
        if isinstance(result, str):
            self.finished[stage] = result
            say(f"{stage}: {result}")
        elif isinstance(result, RerouteError) and not isinstance(result, StoreError):
            self.failed[stage] = str(result)
            warn(f"{stage} failed: {result}")
        else:
            raise result

    def check(self) -> None:
        """Raise PartialFailure where a stage failed."""
        if self.failed:
            lines = [f"  {name}: {message}" for name, message in self.failed.items()]
            raise PartialFailure(
                f"{len(self.failed)} of {len(self.failed) + len(self.finished)} stages failed, the others finished:\n"
                + "\n".join(lines)
            )


def collect_traces(project: Project) -> str:
    """Read what is new in every configured source into the lake, then join the outcomes that arrived since.

    Raises PartialFailure, after all of it, where a file could not be read or too much was quarantined.
    """
    from reroute.collect import collect, outcomes

    collected = collect(project)
    files = [source.outcomes for source in project.settings.sources if source.outcomes is not None]
    joined = [outcomes.join(project, project.root / name) for name in files]
    collected.check()
    for each in joined:
        each.check()
    return "; ".join([collected.line(), *(each.line() for each in joined)])


def tag_episodes(project: Project) -> str:
    """Find failure-and-recovery episodes in what is new, or in everything where rules changed."""
    from reroute.tag.tagging import tag

    return tag(project).line()


def ask_judge(project: Project) -> str:
    """Have a model vote on doubtful episodes, where [judge] is enabled; else nothing, and not a word.

    Raises PartialFailure, after every vote that arrived is stored, where the endpoint failed.
    """
    if not project.settings.judge.enabled:
        return ""
    from reroute.review import judge
    from reroute.tag.tagging import relabel

    judged = judge.ask(project)
    if judged.asked:
        relabel(project)
    judged.check()
    return judged.line()


def send_to_review(project: Project) -> str:
    """Choose the doubtful episodes and hand them to people."""
    from reroute import review

    review.plan(project)
    return review.push(project).line()


def export_datasets(project: Project) -> str:
    """Write every recipe of ``[export] recipes`` as a dataset; one that fails does not keep the others from it."""
    from reroute.export import export

    lines, failed = [], []
    for recipe in project.settings.export.recipes:
        try:
            lines.append(export(project, recipe).line())
        except NothingToExport as nothing:
            lines.append(str(nothing))
        except StoreError:
            raise
        except RerouteError as error:
            failed.append(str(error))
    if failed:
        raise PartialFailure("; ".join(failed + lines))
    return "; ".join(line.rstrip(".") for line in lines)


def follow_jobs(project: Project) -> str:
    """Ask the providers how the submitted jobs are doing; submits nothing."""
    from reroute.tune.tuning import Tuning
    from reroute.tune.watch import follow

    return follow(Tuning(project)).line()


def publish_store(project: Project) -> str:
    """Publish read-only copies of the store's tables."""
    from reroute.storage.publish import publish

    return publish(project).line()


def write_report(project: Project) -> str:
    """Write the HTML report from the published tables."""
    from reroute.report import write

    return str(write(project))


STAGES: dict[str, Stage] = {
    "collect": collect_traces,
    "tag": tag_episodes,
    "judge": ask_judge,
    "review": send_to_review,
    "export": export_datasets,
    "tune": follow_jobs,
    "publish": publish_store,
    "report": write_report,
}


def run(project: Project) -> Night:
    """All stages in this process, without Prefect. A broken store stops the night; other errors fail their stage."""
    night = Night()
    for name, stage in STAGES.items():
        try:
            night.record(name, stage(project))
        except RerouteError as error:
            night.record(name, error)
    return night


def markdown(night: Night) -> str:
    """The night as a table for Prefect's artifact page; every cell is escaped text."""
    rows = ["| stage | | what came of it |", "|---|---|---|"]
    for state, lines in {"finished": night.finished, "**failed**": night.failed}.items():
        for name, line in lines.items():
            cell = html.escape(line).replace("|", "\\|").replace("\n", " ")
            rows.append(f"| {name} | {state} | {cell} |")
    return "\n".join(rows)


def passing(_task: object, _run: object, state: Any) -> bool:
    """Whether to retry a failed stage: a held store, or a disk or network that failed for a moment."""
    return isinstance(state.result(raise_on_failure=False), StoreBusy | OSError)
