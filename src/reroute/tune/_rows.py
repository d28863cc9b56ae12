"""Checks of the rows of a dataset against a provider's profile."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from reroute import row_format
from reroute.tokens import Counter
from reroute.tune.capabilities import Offer, Profile
from reroute.tune.findings import Level, RowFindings

_SPECIAL = re.compile(
    r"<\|(?:endoftext|endofprompt|fim_prefix|fim_middle|fim_suffix|im_start|im_end|im_sep|startoftext|start|end"
    r"|message|channel|constrain|return|call|reserved_\d+)\|>"
)
"""The tokens that OpenAI's models know: with one of them in a text a job fails."""
_MESSAGE_KEYS = frozenset({"role", "content", "name", "tool_calls", "tool_call_id", "weight", "refusal"})
_AGAIN = "export the dataset again"


@dataclass
class Seen:
    """What the rows of one split are, for checks that need all of them."""

    rows: int = 0
    tokens: int = 0
    longest: int = 0
    keys: set[str] | None = None
    """Keys that every row has, with a value other than null; None while no row was readable."""
    digests: set[bytes] = field(default_factory=set)


def rules(profile: Profile) -> row_format.Rules:
    """What a provider's rows of a method must be."""
    return row_format.Rules(
        method=profile.method,
        reader=profile.provider,
        roles=frozenset(profile.roles),
        last_roles=frozenset(profile.last_roles),
        row_keys=None if profile.extra_keys else frozenset(profile.keys),
        message_keys=_MESSAGE_KEYS,
        content_parts=True,
        empty_replies=True,
        weight_required=False,
        unique_call_ids=False,
        open_end=True,
        declared_tools=False,
        special_tokens=_SPECIAL,
    )


@dataclass(frozen=True)
class RowChecker:
    """Checks rows one by one, notes what is wrong and remembers what all of them have in common."""

    profile: Profile
    offer: Offer | None
    counter: Counter
    out: RowFindings

    def check(self, name: str, lines: Iterable[bytes]) -> Seen:
        """Check the lines of the file ``name``, which are numbered from 1."""
        seen, wanted, actions = Seen(), rules(self.profile), self._actions()
        for number, line in enumerate(lines, start=1):
            where = f"{name}:{number}"
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError:
                self.out.add("error", "json", "the line is not one JSON value", _AGAIN, where)
                continue
            if not isinstance(row, dict):
                self.out.add("error", "json", "the line is no JSON object", _AGAIN, where)
                continue
            seen.rows += 1
            present = {key for key, value in row.items() if value is not None}
            seen.keys = present if seen.keys is None else seen.keys & present
            seen.digests.add(hashlib.blake2b(line.strip(), digest_size=16).digest())
            for problem in row_format.problems(row, wanted, line):
                action = actions.get(problem.rule, _AGAIN)
                self.out.add("error", problem.rule, problem.summary, action, where)
            self._length(self.counter.row(row), where, seen)
        return seen

    def _actions(self) -> dict[str, str]:
        """What to do about the problems of a rule; where nothing is said, the dataset is exported again."""
        profile = self.profile
        rename = f"{_AGAIN}; a tool's name has letters, digits, _ and - only, at most 64"
        return {
            "special-token": "drop the row or break the token up in the recipe",
            "row-key": f"{profile.provider} takes {', '.join(profile.keys)} in {profile.method} rows; leave others out",
            "role": f"recast it by the recipe's dialect for {profile.provider}, which takes {', '.join(profile.roles)}",
            "message-key": "leave it out",
            "tools": rename,
            "tool-call": rename,
            "weight": "give replies of sft rows the integer 0 or 1, one of them 1, and other messages no weight",
            "last-message": f"export with the dialect {profile.provider}, which recasts the tail of a row",
        }

    def _length(self, tokens: int, where: str, seen: Seen) -> None:
        seen.tokens += tokens
        seen.longest = max(seen.longest, tokens)
        limit = self.offer.max_row_tokens if self.offer else None
        if limit is None or tokens <= limit:
            return
        level: Level = "error" if self.counter.exact else "warning"
        about = "has" if self.counter.exact else "has, by estimate,"
        found = f"the row {about} more than {limit:,} tokens; its end, the recovery, would be cut off without a word"
        self.out.add(level, "row-length", found, "shorten it by the recipe's limits", where)
