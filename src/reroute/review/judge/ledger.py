"""The judge's rows in the store: what was asked, what came back, what it cost; each written when it happens."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from typing import Literal

from reroute.review.judge.chosen import Ask
from reroute.review.judge.limits import Budget, Spent
from reroute.review.judge.verdict import Reply, Vote
from reroute.review.plan import span
from reroute.settings import Project
from reroute.storage import journal, store

Result = Literal["vote", "invalid", "refused", "truncated", "control", "withheld", "failed"]

_REQUEST = (
    "insert into judge_requests (request_id, vote_id, episode_id, trajectory_id, model, result, settled, detail, "
    "tokens, cost_usd, stated, sent_at, ended_at) "
)
_SENT = _REQUEST + "values (?, ?, ?, ?, ?, 'sent', false, '', ?, ?, false, now(), null)"
_WITHHELD = _REQUEST + "values (?, ?, ?, ?, ?, 'withheld', true, ?, 0, 0, true, now(), now())"
_ENDED = (
    "update judge_requests set result = ?, settled = ?, detail = ?, tokens = ?, cost_usd = ?, stated = ?, "
    "ended_at = now() where request_id = ?"
)
_VOTE = (
    "insert or replace into judge_votes (vote_id, episode_id, trajectory_id, version, lane, span_start, span_end, "
    "onset_step, manifest_step, asked_kind, prefix_hash, judged, prompt_hash, model, answered_by, verdict, kind, "
    "outcome, confidence, reason, evidence_quote, input_tokens, output_tokens, cost_usd, voted_at) values ($vote_id, "
    "$episode_id, $trajectory_id, $version, $lane, $span_start, $span_end, $onset_step, $manifest_step, $asked_kind, "
    "$prefix_hash, $judged, $prompt_hash, $model, $answered_by, $verdict, $kind, $outcome, $confidence, $reason, "
    "$evidence_quote, $input_tokens, $output_tokens, $cost_usd, now())"
)
_CLOSED = (
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

    def closed(self, *, votes_only: bool = False) -> frozenset[str]:
        """Vote ids that are not asked for again, whatever came of it.

        ``votes_only``: only those that gave a vote or must not be sent.
        """
        with store.of(self.project).read() as connection:
            rows = connection.execute(_CLOSED, [votes_only]).fetchall()
        return frozenset(vote_id for (vote_id,) in rows)

    def sent(self, ask: Ask, worst: Spent, budget: Budget) -> str:
        """A request goes out now; its id. Raises OutOfBudget where another process has spent what it would need."""
        request = uuid.uuid4().hex
        with self._lock, store.of(self.project).write() as connection:
            budget.check(Spent(*connection.execute(_SPENT).fetchall()[0]), worst)
            connection.execute(_SENT, [request, *_named(ask), worst.tokens, worst.usd])
            journal.note(self.project, connection, {"judge_requests": [(request,)]})
        return request

    def withheld(self, asks: list[Ask]) -> None:
        """These are never sent: their recordings give orders to whoever judges."""
        if asks:
            made = {uuid.uuid4().hex: ask for ask in asks}
            rows = [[key, *_named(ask), f"the recording reads like an order: {ask.order}"] for key, ask in made.items()]
            with self._lock, store.of(self.project).write() as connection:
                connection.executemany(_WITHHELD, rows)
                journal.note(self.project, connection, {"judge_requests": [(key,) for key in made]})

    def ended(self, request: str, result: Result, detail: str, spent: Spent, *, stated: bool, closed: bool) -> None:
        """The end of a request that gave no vote.

        ``stated``: the endpoint said how many tokens were spent. ``closed``: the same is not asked again.
        """
        values = [result, closed, detail, spent.tokens, spent.usd, stated, request]
        with self._lock, store.of(self.project).write() as connection:
            connection.execute(_ENDED, values)
            journal.note(self.project, connection, {"judge_requests": [(request,)]})

    def voted(self, request: str, ask: Ask, vote: Vote, reply: Reply, spent: Spent) -> None:
        """A vote, and the request that gave it, in one transaction."""
        stated, episode = reply.input_tokens is not None, ask.episode
        start, end = span(episode)
        row = {
            "vote_id": ask.vote_id,
            "episode_id": episode.episode_id,
            "trajectory_id": episode.trajectory_id,
            "version": episode.version,
            "lane": episode.lane,
            "span_start": start,
            "span_end": end,
            "onset_step": episode.onset_step,
            "manifest_step": episode.manifest_step,
            "asked_kind": episode.kind,
            "prefix_hash": ask.prefix_hash,
            "judged": ask.judged,
            "prompt_hash": ask.prompt.hash,
            "model": ask.model,
            "answered_by": reply.model,
            "verdict": vote.verdict,
            "kind": vote.kind,
            "outcome": vote.episode_outcome,
            "confidence": vote.confidence,
            "reason": vote.reason,
            "evidence_quote": vote.quote,
            "input_tokens": reply.input_tokens,
            "output_tokens": reply.output_tokens,
            "cost_usd": spent.usd,
        }
        with self._lock, store.of(self.project).write() as connection:
            connection.execute(_ENDED, ["vote", True, "", spent.tokens, spent.usd, stated, request])
            connection.execute(_VOTE, row)
            journal.note(self.project, connection, {"judge_requests": [(request,)], "judge_votes": [(ask.vote_id,)]})


def _named(ask: Ask) -> list[object]:
    """Vote, episode, trajectory and model of a request, as the rows of ``judge_requests`` begin after their id."""
    return [ask.vote_id, ask.episode.episode_id, ask.episode.trajectory_id, ask.model]
