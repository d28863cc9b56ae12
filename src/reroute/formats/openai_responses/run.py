"""One run: its responses in order, each a turn or more."""

from __future__ import annotations

from collections import Counter
from typing import Any

from reroute.formats._reading import values
from reroute.formats._reading.steps import Facts, Steps
from reroute.formats.openai_responses.items import Items
from reroute.formats.openai_responses.records import Item, Response
from reroute.trace import Trajectory


class Run:
    """The steps of a chain of responses, and what its responses state on the way."""

    def __init__(self, first: Response, conversation: str | None) -> None:
        self.steps = Steps()
        self.first = first.index
        self._conversation = conversation
        self._responses: list[Response] = []
        self._lanes: dict[str, str] = {}
        self._ends: set[str] = set()
        self._instructions: object = None
        self._seen: set[str] = set()
        self._answered: set[str] = set()
        self._skipped: Counter[str] = Counter()
        self._items = Items(self.steps, self._skipped)
        self.heads: list[str] = []
        """What the records of its responses are."""

    def take(self, response: Response, *, undone: bool) -> Counter[tuple[str, str | None]]:
        """The next response; one that failed may be asked for again in its place.

        Returns its items by type, with why they became no step (None: they did).
        """
        self.steps.records = Counter()
        before = response.previous_response_id
        lane = self._lanes.get(before or "", "main")
        if before in self._lanes and before not in self._ends:
            lane = f"branch-{len(set(self._lanes.values()))}"
        if before and not undone:
            self._ends.discard(before)
        if response.id:
            self._lanes[response.id] = lane
            self._ends.add(response.id)
        self._responses.append(response)
        self.steps.index = response.index
        facts: Facts = {} if lane == "main" else {"lane": lane}
        if response.instructions and response.instructions != self._instructions:
            self._instructions = response.instructions
            self._given(response.instructions, "system", f"{response.base}/instructions", facts)
        if response.input:
            self._given(response.input, "user", f"{response.base}/input", facts)
        places = response.places
        for place, item in enumerate(response.items or ()):
            self.steps.index, pointer = places[place]
            self._item(item, pointer, facts)
        self.steps.index = response.index
        self._answer(response, facts)
        self.heads += [response.head] if response.head else []
        return self.steps.records

    def trajectory(self, name: str) -> Trajectory:
        """The run as far as it was stored."""
        first, last = self._responses[0], self._responses[-1]
        clocks = [clock for each in self._responses for clock in (each.created_at, each.completed_at)]
        times = [at for at in map(values.micros, clocks) if at]
        ids = (r.task_id if r.task_id is not None else (r.metadata or {}).get("task_id") for r in self._responses)
        task_id = next((str(held) for held in ids if isinstance(held, str | int)), None)
        tools = (bytes(r.tools) for r in self._responses)
        asked = (s.content for s in self.steps.done if s.role == "user" and s.type == "message")
        facts = {
            "conversation": self._conversation, "responses": len([r for r in self._responses if r.id]),
            "status": last.status, "continues": first.previous_response_id,
            "more_items_not_stored": first.has_more, "items_passed_by": dict(sorted(self._skipped.items())),
        }  # fmt: skip
        return Trajectory(
            format=name,
            steps=self.steps.done,
            run_id=first.run_id or self._conversation or first.id,
            task_id=task_id,
            task=first.task or next(asked, None),
            agent=first.agent,
            model=next((each.model for each in self._responses if each.model), None),
            started_at=min(times, default=None),
            ended_at=max(times, default=None),
            tools=next((str(text, "utf-8") for text in tools if text[:1] == b"[" and text != b"[]"), None),
            split_group=task_id,
            metadata={key: value for key, value in facts.items() if value},
            outcome=values.run_outcome(first.reward),
            source_index=self.first,
        )

    def _given(self, given: str | list[Item], role: Any, pointer: str, facts: Facts) -> None:
        """What was sent; items that the run has already are history sent again."""
        self.steps.responding = False
        if isinstance(given, str):
            self.steps.add(role, "message", given, pointer, **facts)
            return
        for place, item in enumerate(given):
            if item.call_id and (item.type or "").endswith("_output"):
                is_history = item.call_id in self._answered
            else:
                is_history = item.id is not None and item.id in self._seen
            if is_history:
                self.steps.records[f"item/{item.kind}", "history that is sent again"] += 1
            else:
                self._item(item, f"{pointer}/{place}", facts)

    def _item(self, item: Item, pointer: str, facts: Facts) -> None:
        if item.id:
            self._seen.add(item.id)
        if item.call_id and (item.type or "").endswith("_output"):
            self._answered.add(item.call_id)
        before = len(self.steps.done)
        self._items.take(item, pointer, facts)
        reason = "reasoning that is encrypted" if item.kind == "reasoning" else "no content"
        self.steps.account(f"item/{item.kind}", before, reason)

    def _answer(self, response: Response, facts: Facts) -> None:
        """The reply: its items, an event where it did not complete, its tokens on its first step of the model."""
        if response.output is None:
            return
        start = len(self.steps.done)
        self.steps.responding = False
        stated: Facts = {**facts, "model": response.model}
        if response.reasoning and response.reasoning.effort:
            stated["effort"] = response.reasoning.effort
        if (at := values.micros(response.created_at)) is not None:
            stated["started_at"] = at
        for place, item in enumerate(response.output):
            self._item(item, f"{response.base}/output/{place}", stated)
        if response.status not in {None, "completed", "in_progress", "queued"}:
            details = response.incomplete_details or response.error
            given = details if isinstance(details, dict) else {}
            words = [word for key in ("reason", "code", "message") if isinstance(word := given.get(key), str)]
            text, pointer = ": ".join([response.status, *words]), f"{response.base}/status"
            self.steps.add("assistant", "event", text, pointer, **stated).status = "error"
        made = self.steps.done[start:]
        if made and (usage := response.usage):
            step = next((step for step in made if step.role == "assistant"), made[0])
            step.input_tokens, step.output_tokens = usage.input_tokens, usage.output_tokens
            step.cached_tokens = values.whole_number((usage.input_tokens_details or {}).get("cached_tokens"))
            step.reasoning_tokens = values.whole_number((usage.output_tokens_details or {}).get("reasoning_tokens"))
        self.steps.responding = False
