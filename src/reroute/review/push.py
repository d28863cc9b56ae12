"""Planned tasks to where people grade them: importable files in the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from reroute import episodes, lake, store
from reroute.errors import ConfigError, RerouteError
from reroute.review import journal, records
from reroute.review.questions import questions, screen
from reroute.review.tasks import Task, task
from reroute.settings import Project
from reroute.telling import scene

TASKS, SCREEN, README = "tasks.json", "episode.xml", "README.txt"
_README = """\
1. In Label Studio make a project; under Settings, Labeling Interface, Code, paste all of {screen}.
2. Import {tasks} ({count} tasks, one an episode), and let people grade. How to grade: labeling/rubric.md.
3. Export as JSON and give the file back: reroute review pull --file EXPORT.json
"""


@dataclass(frozen=True)
class Pushed:
    """What was written; ``gone`` counts planned tasks whose episode new rules no longer find."""

    folders: tuple[Path, ...]
    tasks: int
    gone: int

    def line(self) -> str:
        """What was written, on one line."""
        if not self.tasks:
            return "nothing new to review"
        return f"{self.tasks:,} tasks written to {', '.join(str(folder / TASKS) for folder in self.folders)}"


@dataclass(frozen=True)
class _Planned:
    task_id: str
    episode_id: str
    reason: str
    batch: str


def push(project: Project) -> Pushed:
    """Write the planned tasks that were not written yet: a folder a batch, with the screen to paste and how to use it.

    Raises ConfigError where a Label Studio server is configured (this version writes files only), or where
    ``labeling/episode.xml`` does not ask what ``labeling/questions.toml`` says.
    """
    if project.settings.review.url:
        raise ConfigError(
            f"Pushing review tasks to {project.settings.review.url}: this version of Reroute does not talk to a Label "
            "Studio server. Remove `url` from [review] to have the tasks written as files that Label Studio imports."
        )
    layout = screen(project.root)
    journal.catch_up(project)
    with store.of(project).read() as connection:
        rows = connection.execute(
            "select task_id, episode_id, reason, batch from reviews where pushed_at is null order by batch, task_id"
        ).fetchall()
    waiting = [_Planned(*row) for row in rows]
    folders, count = [], 0
    for batch in dict.fromkeys(planned.batch for planned in waiting):
        tasks = _tasks(project, [planned for planned in waiting if planned.batch == batch])
        if tasks:
            folders.append(_written(project.outbox / batch, tasks, layout))
            _mark(project, [written.data.task_id for written in tasks], folders[-1] / TASKS)
            count += len(tasks)
    return Pushed(tuple(folders), count, len(waiting) - count)


def _tasks(project: Project, waiting: list[_Planned]) -> list[Task]:
    asked = questions(project.root)
    found = {episode.episode_id: episode for episode in episodes.load(project)}
    tasks = []
    for planned in waiting:
        episode = found.get(planned.episode_id)
        if episode is None:
            continue
        origin = scene.origin(lake.read_header(project, episode.trajectory_id), episode.run_outcome)
        told = scene.scene(episode, lake.read_steps(project, episode.trajectory_id), origin)
        # The random share measures the rules, so nobody grading it is shown their guess first.
        tasks.append(task(told, planned.task_id, asked, prefill=planned.reason != "random"))
    return tasks


def _written(folder: Path, tasks: list[Task], layout: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / SCREEN, layout.encode())
    _replace(folder / README, _README.format(screen=SCREEN, tasks=TASKS, count=len(tasks)).encode())
    _replace(folder / TASKS, msgspec.json.format(msgspec.json.encode(tasks), indent=1))
    return folder


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        raise RerouteError(
            f"Writing review tasks to {path}: {error.strerror}. Nothing was marked as pushed."
        ) from error


def _mark(project: Project, task_ids: list[str], path: Path) -> None:
    outbox_file = path.relative_to(project.data_dir).as_posix()
    with store.of(project).write() as connection:
        tasks = {one.task_id: one for one in records.held(connection).values() if isinstance(one, records.Task)}
        pushed = [
            msgspec.structs.replace(tasks[task_id], pushed_at=datetime.now(UTC), outbox_file=outbox_file)
            for task_id in task_ids
        ]
        journal.record(project, connection, pushed)
