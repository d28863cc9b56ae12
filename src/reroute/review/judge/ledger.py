"""The judge's rows in the store: what was asked, what it came to, what it cost; each written when it happens."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from typing import Literal

from reroute.review.judge.budget import Budget, Spent
from reroute.review.judge.chosen import Ask
from reroute.review.judge.verdict import Reply, Vote
from reroute.review.judge.window import span
from reroute.settings import Project
from reroute.storage import journal, store

Result = Literal["vote", "invalid", "refused", "truncated", "control", "withheld", "failed"]

_SENT = "insert into judge_requests values (?, ?, ?, ?, ?, 'sent', false, '', ?, ?, false, now(), null)"
_WITHHELD = "insert into judge_requests values (?, ?, ?, ?, ?, 'withheld', true, ?, 0, 0, true, now(), now())"
_ENDED = (
    "update judge_requests set result = ?, settled = ?, detail = ?, tokens = ?, cost_usd = ?, stated = ?, "
    "ended_at = now() where request_id = ?"
)
_VOTE = (
    "insert or replace into judge_votes values "
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, now())"
)
_SETTLED = (
    "select vote_id from judge_votes union "
    "select vote_id from judge_requests where settled and (not ? or result = 'withheld')"
)
_SPENT = (
    "select coalesce(sum(tokens), 0)::bigint, coalesce(sum(cost_usd), 0) from judge_requests "
    "where sent_at > now() - interval 24 hours"
)


@dataclass(frozen=True)
class Ledger:
    """Requests and votes of a project."""

    project: Project
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spent(self) -> Spent:
        """What was spent in the last 24 hours, requests whose end is not known at their worst."""
        with store.of(self.project).read() as connection:
            tokens, usd = connection.execute(_SPENT).fetchall()[0]
        return Spent(tokens, usd)

    def settled(self, *, votes_only: bool = False) -> frozenset[str]:
        """What was asked and is not asked again, whatever came of it; ``votes_only``: where a vote came, or nobody may
        ask.
        """
        with store.of(self.project).read() as connection:
            rows = connection.execute(_SETTLED, [votes_only]).fetchall()
        return frozenset(vote_id for (vote_id,) in rows)

    def sent(self, ask: Ask, worst: Spent, budget: Budget) -> str:
        """A request goes out now; its id. Raises OutOfBudget where another process has spent what it would need."""
        request = uuid.uuid4().hex
        with self._lock, store.of(self.project).write() as connection:
            budget.check(Spent(*connection.execute(_SPENT).fetchall()[0]), worst)
            connection.execute(_SENT, [request, *_whose(ask), worst.tokens, worst.usd])
            journal.note(self.project, connection, {"judge_requests": [(request,)]})
        return request

    def withheld(self, asks: list[Ask]) -> None:
        """These are never sent: their recordings give orders to whoever judges."""
        if asks:
            made = {uuid.uuid4().hex: ask for ask in asks}
            rows = [[key, *_whose(ask), f"the recording reads like an order: {ask.order}"] for key, ask in made.items()]
            with self._lock, store.of(self.project).write() as connection:
                connection.executemany(_WITHHELD, rows)
                journal.note(self.project, connection, {"judge_requests": [(key,) for key in made]})

    def ended(self, request: str, result: Result, detail: str, came: Spent, *, stated: bool, settled: bool) -> None:
        """What a request that gave no vote came to."""
        values = [result, settled, detail, came.tokens, came.usd, stated, request]
        with self._lock, store.of(self.project).write() as connection:
            connection.execute(_ENDED, values)
            journal.note(self.project, connection, {"judge_requests": [(request,)]})

    def voted(self, request: str, ask: Ask, vote: Vote, reply: Reply, came: Spent) -> None:
        """A vote, and the request that gave it, in one transaction."""
        stated = reply.input_tokens is not None
        with self._lock, store.of(self.project).write() as connection:
            connection.execute(_ENDED, ["vote", True, "", came.tokens, came.usd, stated, request])
            connection.execute(_VOTE, _row(ask, vote, reply, came))
            journal.note(self.project, connection, {"judge_requests": [(request,)], "judge_votes": [(ask.vote_id,)]})


def _whose(ask: Ask) -> list[object]:
    return [ask.vote_id, ask.episode.episode_id, ask.episode.trajectory_id, ask.model]


def _row(ask: Ask, vote: Vote, reply: Reply, came: Spent) -> list[object]:
    episode = ask.episode
    whose = [ask.vote_id, episode.episode_id, episode.trajectory_id, episode.version, episode.lane, *span(episode)]
    whose += [episode.onset_step, episode.manifest_step, episode.kind, ask.prefix_hash, ask.prompt.hash]
    said = [vote.verdict, vote.kind, vote.outcome, vote.confidence, vote.reason, vote.quote]
    return [*whose, ask.model, reply.model, *said, reply.input_tokens, reply.output_tokens, came.usd]
