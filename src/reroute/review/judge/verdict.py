"""What an endpoint answered, checked: a verdict that can be used, or why there is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import msgspec

from reroute.review.judge.prompt import Prompt
from reroute.review.judge.words import NONE, Verdict, Words
from reroute.safe_text import one_line

Flaw = Literal["invalid", "refused", "truncated", "control"]
_UNSEEN = re.compile(r"[\s|]+")
_SHORTEST = 6
"""Characters, white space apart, that a quote needs to show anything."""
_BLOCK = re.compile(r"\A\s*```(?:json)?\s*(.*?)\s*```\s*\Z", re.DOTALL)
_REASON, _QUOTE = 600, 300
"""Characters of each that are stored."""


@dataclass(frozen=True)
class Reply:
    """What came back from the endpoint; counts are None where it did not say."""

    text: str | None
    refusal: str | None
    finish: str | None
    model: str | None
    input_tokens: int | None
    output_tokens: int | None


@dataclass(frozen=True)
class Vote:
    """A verdict that can be used."""

    verdict: Verdict
    """Whether something failed."""
    episode_outcome: str | None
    """None where nothing failed or none was given; ``kind`` is alike."""
    kind: str | None
    confidence: float
    """0..1, as the model says; not calibrated."""
    reason: str
    quote: str


@dataclass(frozen=True)
class NoVote:
    """Why there is no verdict: the ``flaw`` of the reply, and words about it."""

    flaw: Flaw
    detail: str


class _Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    control_1: Verdict
    control_2: Verdict
    reason: str
    quote: str
    failure: Verdict
    outcome: str
    kind: str
    confidence: float


def read(reply: Reply, prompt: Prompt, words: Words) -> Vote | NoVote:
    """The vote in a reply. Whatever is wrong with it makes it none: a doubtful verdict is worse than a missing one."""
    if reply.refusal or reply.finish == "content_filter":
        return NoVote("refused", one_line(reply.refusal or "the endpoint's filter stopped the answer", _REASON))
    if reply.finish == "length":
        return NoVote("truncated", "the answer was cut at its limit of tokens: raise [judge] output_tokens")
    if not reply.text:
        return NoVote("invalid", "the answer is empty")
    block = _BLOCK.match(reply.text)
    try:
        answer = msgspec.json.decode(block[1] if block else reply.text, type=_Answer)
    except msgspec.DecodeError as error:
        return NoVote("invalid", one_line(f"not the JSON that was asked for: {error}", _REASON))
    if flawed := _flawed(answer, prompt, words):
        return flawed
    failed = answer.failure == "yes"
    return Vote(
        verdict=answer.failure,
        episode_outcome=answer.outcome if failed and answer.outcome != NONE else None,
        kind=answer.kind if failed and answer.kind != NONE else None,
        confidence=answer.confidence,
        reason=one_line(answer.reason, _REASON),
        quote=one_line(answer.quote, _QUOTE),
    )


def _flawed(answer: _Answer, prompt: Prompt, words: Words) -> NoVote | None:
    """Why an answer of the right shape cannot be used; None where it can."""
    if (answer.control_1, answer.control_2) != prompt.controls:
        return NoVote("control", "it misjudged a control, a recording whose answer is known")
    if not 0 <= answer.confidence <= 1:
        return NoVote("invalid", f"the confidence {answer.confidence} is not between 0 and 1")
    if answer.outcome not in {*words.outcomes, NONE}:
        return NoVote("invalid", one_line(f"there is no outcome {answer.outcome!r}", _QUOTE))
    if answer.kind not in {*words.kinds, NONE}:
        return NoVote("invalid", one_line(f"there is no kind {answer.kind!r}", _QUOTE))
    quote = _UNSEEN.sub("", answer.quote)
    may_be_silent = not quote and answer.failure == "unclear"
    if not may_be_silent and (len(quote) < _SHORTEST or quote not in _UNSEEN.sub("", prompt.shown)):
        return NoVote("invalid", one_line(f"its quote is not in what was shown: {answer.quote!r}", _QUOTE))
    return None
