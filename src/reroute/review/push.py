"""Planned tasks to where people grade them: importable files in the outbox."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from reroute.episode_text.timeline import origin, timeline
from reroute.errors import RerouteError
from reroute.review import journal
from reroute.review.questions import questions, screen
from reroute.review.records import Annotation, held
from reroute.review.records import Task as Planned
from reroute.review.tasks import Task, task
from reroute.settings import Project
from reroute.storage import lake, store
from reroute.tag import episodes

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


def push(project: Project, *, again: bool = False) -> Pushed:
    """Write the planned tasks that were not written yet: a folder a batch, with the screen to paste and how to use it.

    ``again`` also writes those that were written before and that nobody has answered, where they were: for an outbox
    that is lost. They have the same ids, so answers to either copy find them; nothing is planned or marked anew.

    Raises ConfigError where ``labeling/episode.xml`` does not ask what ``labeling/questions.toml`` says.
    """
    layout = screen(project.root)
    journal.catch_up(project)
    with store.of(project).read() as connection:
        records = held(connection).values()
    planned = sorted((one for one in records if isinstance(one, Planned)), key=lambda one: (one.batch, one.task_id))
    answered = {one.task_id for one in records if isinstance(one, Annotation) and not one.deleted}
    written = {one.outbox_file for one in planned}
    due = [one for one in planned if one.pushed_at is None or (again and one.task_id not in answered)]
    outbox = project.outbox.relative_to(project.data_dir)
    by_folder: dict[Path, list[Planned]] = {}
    for one in due:
        # A new task goes to a folder in which none was written before: Label Studio may have imported the others.
        names = (one.batch if number == 1 else f"{one.batch}-{number}" for number in itertools.count(1))
        unwritten = (path for name in names if (path := (outbox / name / TASKS).as_posix()) not in written)
        file = project.data_dir / (one.outbox_file or next(unwritten))
        by_folder.setdefault(file.parent, []).append(one)
    folders, count = [], 0
    for folder, batch in by_folder.items():
        if tasks := _tasks(project, batch):
            _write(folder, [made for _, made in tasks], layout)
            name, now = (folder / TASKS).relative_to(project.data_dir).as_posix(), datetime.now(UTC)
            new = [one for one, _ in tasks if one.pushed_at is None]
            with store.of(project).write() as connection:
                pushed = [msgspec.structs.replace(one, pushed_at=now, outbox_file=name) for one in new]
                journal.record(project, connection, pushed)
            folders.append(folder)
            count += len(tasks)
    return Pushed(tuple(folders), count, len(due) - count)


def lost(project: Project, waiting: Iterable[Planned]) -> dict[str, int]:
    """Outbox files that are gone, or damaged so that they lack some of these tasks; with the number of them in each."""
    by_file: dict[str, set[str]] = {}
    for one in waiting:
        if one.outbox_file:
            by_file.setdefault(one.outbox_file, set()).add(one.task_id)
    gone = {}
    for file, ids in sorted(by_file.items()):
        try:
            there = msgspec.json.decode((project.data_dir / file).read_bytes(), type=list[Task])
        except (OSError, msgspec.MsgspecError, UnicodeError):
            there = []
        if not ids <= {task.data.task_id for task in there}:
            gone[file] = len(ids)
    return gone


def _tasks(project: Project, batch: list[Planned]) -> list[tuple[Planned, Task]]:
    """The tasks of a batch as Label Studio imports them, without those whose episode is no longer found."""
    asked = questions(project.root)
    found = {episode.episode_id: episode for episode in episodes.load(project)}
    tasks = []
    for planned in batch:
        episode = found.get(planned.episode_id)
        if episode is None:
            continue
        place = origin(lake.read_header(project, episode.trajectory_id), episode.run_outcome)
        shown = timeline(episode, lake.read_steps(project, episode.trajectory_id), place)
        # The random share measures the rules, so nobody grading it is shown their guess first.
        tasks.append((planned, task(shown, planned.task_id, asked, prefill=planned.reason != "random")))
    return tasks


def _write(folder: Path, tasks: list[Task], layout: str) -> None:
    """Write a folder of the outbox, the tasks last. Raises RerouteError where the disk does not take a file."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        SCREEN: layout.encode(),
        README: _README.format(screen=SCREEN, tasks=TASKS, count=len(tasks)).encode(),
        TASKS: msgspec.json.format(msgspec.json.encode(tasks), indent=1),
    }
    for name, data in files.items():
        path = folder / name
        partial = path.with_name(name + ".partial")
        try:
            partial.write_bytes(data)
            partial.replace(path)
        except OSError as error:
            raise RerouteError(
                f"Writing review tasks to {path}: {error.strerror}. Nothing was marked as pushed."
            ) from error
