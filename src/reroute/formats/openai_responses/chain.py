"""Which responses are one run, and in which of its lanes each of them stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reroute.formats._reading.document import Record
from reroute.formats.openai_responses.records import Response
from reroute.formats.openai_responses.run import Run
from reroute.trace import Trajectory

_UNDONE = {"failed", "cancelled"}


class Chains:
    """The runs of a file, in order of their first responses."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._by_response: dict[str, Run] = {}
        self._by_conversation: dict[str, Run] = {}

    def take(self, response: Response, _: Record) -> Iterable[Trajectory]:
        """The next response, in the order of :func:`ordered`; no trajectory is whole before the last one."""
        talk = _conversation(response)
        run = self._by_response.get(response.previous_response_id or "") or self._by_conversation.get(talk or "")
        if run is None:
            run = Run(response, talk)
            self.runs.append(run)
        if response.id:
            self._by_response[response.id] = run
        if talk:
            self._by_conversation.setdefault(talk, run)
        run.take(response, undone=response.status in _UNDONE)
        return ()


def ordered(responses: Sequence[Response]) -> Iterator[Response]:
    """Each response behind the one that it continues; of a response kept twice, the later state."""
    return _parents_first(_latest(responses))


def _latest(responses: Sequence[Response]) -> list[Response]:
    last = {response.id or id(response): response for response in responses}
    return list(last.values())


def _parents_first(responses: Sequence[Response]) -> Iterator[Response]:
    """In their order, but none before the one that it continues; a circle begins at its first."""
    here = {response.id for response in responses if response.id}
    given: set[str | None] = set()
    waiting: dict[str, list[Response]] = {}
    for response in responses:
        before = response.previous_response_id
        if before in here and before not in given and before != response.id:
            waiting.setdefault(before, []).append(response)
        else:
            yield from _released(response, given, waiting)
    while waiting:
        key = next(iter(waiting))
        for response in waiting.pop(key):
            yield from _released(response, given, waiting)


def _released(first: Response, given: set[str | None], waiting: dict[str, list[Response]]) -> Iterator[Response]:
    queue = [first]
    while queue:
        response = queue.pop(0)
        given.add(response.id)
        yield response
        queue += waiting.pop(response.id, []) if response.id else []


def _conversation(response: Response) -> str | None:
    held = response.conversation
    return held if held is None or isinstance(held, str) else held.id
