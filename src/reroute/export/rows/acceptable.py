"""Acceptable actions of a row: what recovered from the same failure in other runs of its task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reroute.export.rows import inferable
from reroute.export.rows.row import Action, Row


def with_siblings(rows: Sequence[Row]) -> list[Row]:
    """The rows, each with the actions that recovered from the same failure in other runs of its task.

    Where a person spoke between failure and recovery, what is right depends on what was said: such a row neither
    gives nor takes. An action whose values do not occur in the row's own prompt is not acceptable there.
    """
    shared: dict[tuple[str, str], list[Action]] = {}
    for row in rows:
        if row.answer and (key := _failure(row)):
            shared.setdefault(key, []).append(row.answer.reference)
    found = []
    for row in rows:
        if answer := row.answer:
            refused = {answer.reference, *answer.forbidden}
            fine = [one for one in dict.fromkeys(shared.get(_failure(row) or ("", ""), [])) if one not in refused]
            known = "\n".join(message.text for message in row.messages) if fine else ""
            fine = [action for action in fine if not inferable.unknown(action.arguments, known)]
            found.append(replace(row, answer=replace(answer, acceptable=tuple(fine))))
        else:
            found.append(row)
    return found


def _failure(row: Row) -> tuple[str, str] | None:
    """Task and signature of the failed call; None where no other run's action can answer for this row."""
    recovery, run = row.candidate.recovery, row.candidate.run
    if recovery is None or run.task_id is None or recovery.failed_signature is None:
        return None
    spoken = any(m.role == "user" and not m.by_harness and m.first_step > recovery.onset for m in row.messages)
    return None if spoken else (run.task, recovery.failed_signature)
