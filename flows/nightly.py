"""The whole story, in order: what the nightly deployment runs, and the file to read first.

Each step is one plain function of the package, wrapped as a task. A step that fails does not keep the others from
finishing: they work on what is there. A broken store stops the night at once.
"""

from __future__ import annotations

from pathlib import Path

from prefect import State, Task, flow
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from reroute import pipeline as stages
from reroute import settings


def step(stage: stages.Stage) -> Task[[settings.Project], str]:
    """A stage as a task, tried again where another process held the store or a disk or network failed for a moment."""
    return Task(
        fn=stage,
        name=stage.__name__,
        retries=2,
        retry_delay_seconds=[30, 120],
        retry_condition_fn=stages.passing,
        cache_policy=NO_CACHE,
    )


collect_traces = step(stages.collect_traces)
tag_episodes = step(stages.tag_episodes)
ask_judge = step(stages.ask_judge)
send_to_review = step(stages.send_to_review)
export_datasets = step(stages.export_datasets)
follow_jobs = step(stages.follow_jobs)
publish_store = step(stages.publish_store)
write_report = step(stages.write_report)


@flow(name="nightly")
def nightly(project_dir: str = ".") -> None:
    """Collect, tag, judge (if enabled), review, export, follow jobs, publish, report; in the folder of reroute.toml."""
    project = settings.load(Path(project_dir))
    night = stages.Night()

    keep(night, "collect", collect_traces(project, return_state=True))
    keep(night, "tag", tag_episodes(project, return_state=True))
    keep(night, "judge", ask_judge(project, return_state=True))
    keep(night, "review", send_to_review(project, return_state=True))
    keep(night, "export", export_datasets(project, return_state=True))
    keep(night, "tune", follow_jobs(project, return_state=True))
    keep(night, "publish", publish_store(project, return_state=True))
    keep(night, "report", write_report(project, return_state=True))

    create_markdown_artifact(stages.markdown(night), key="night", description="What came of each stage")
    night.check()


def keep(night: stages.Night, stage: str, state: State[str]) -> None:
    """Note what came of a stage."""
    night.record(stage, state.result(raise_on_failure=False))


if __name__ == "__main__":
    nightly()
