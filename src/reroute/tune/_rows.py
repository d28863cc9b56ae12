"""Checks of the rows of a dataset in OpenAI's chat format against a provider's profile."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from reroute.tokens import Counter
from reroute.tune._messages import check_messages, check_tools
from reroute.tune.capabilities import Offer, Profile
from reroute.tune.findings import Level, RowFindings

_SPECIAL = re.compile(
    rb"<\|(?:endoftext|endofprompt|fim_prefix|fim_middle|fim_suffix|im_start|im_end|im_sep|startoftext|start|end"
    rb"|message|channel|constrain|return|call|reserved_\d+)\|>"
)
_ESCAPED_ANGLE = b"\\u003c"


@dataclass
class Seen:
    """What the rows of one split are, for checks that need all of them."""

    rows: int = 0
    tokens: int = 0
    longest: int = 0
    keys: set[str] | None = None
    """Keys that every row has, with a value other than null; None while no row was readable."""
    digests: set[bytes] = field(default_factory=set)


@dataclass(frozen=True)
class RowChecker:
    """Checks rows one by one, notes what is wrong and remembers what all of them have in common."""

    profile: Profile
    offer: Offer | None
    counter: Counter
    out: RowFindings

    def check(self, name: str, lines: Iterable[bytes]) -> Seen:
        """Check the lines of the file ``name``, which are numbered from 1."""
        seen = Seen()
        for number, line in enumerate(lines, start=1):
            where = f"{name}:{number}"
            row = self._decoded(line, where)
            if row is not None:
                self._row(row, line, where, seen)
        return seen

    def _decoded(self, line: bytes, where: str) -> dict[str, object] | None:
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            self.out.add("error", "json", "the line is not one JSON value", "export the dataset again", where)
            return None
        if isinstance(row, dict):
            return row
        self.out.add("error", "json", "the line is no JSON object", "export the dataset again", where)
        return None

    def _row(self, row: dict[str, object], line: bytes, where: str, seen: Seen) -> None:
        seen.rows += 1
        present = {key for key, value in row.items() if value is not None}
        seen.keys = present if seen.keys is None else seen.keys & present
        seen.digests.add(hashlib.blake2b(line.strip(), digest_size=16).digest())
        self._special_tokens(row, line, where)
        self._keys(row, where)
        self._shape(row, where)
        self._length(self.counter.row(row), where, seen)

    def _special_tokens(self, row: dict[str, object], line: bytes, where: str) -> None:
        text = orjson.dumps(row) if _ESCAPED_ANGLE in line.lower() else line
        for token in sorted(set(_SPECIAL.findall(text))):
            found = f"the text holds the special token {token.decode()}, which fails a job"
            self.out.add("error", "special-token", found, "drop the row or break the token up in the recipe", where)

    def _keys(self, row: dict[str, object], where: str) -> None:
        if self.profile.extra_keys:
            return
        for key in sorted(row.keys() - set(self.profile.keys)):
            found = f"key `{key}` is not one of {', '.join(self.profile.keys)}"
            action = f"{self.profile.provider} refuses other keys in {self.profile.method} rows; leave it out"
            self.out.add("error", "row-key", found, action, where)

    def _shape(self, row: dict[str, object], where: str) -> None:
        if self.profile.method != "dpo":
            check_tools(row.get("tools"), self.out, where)
            check_messages(row, self.profile, self.out, where)
            return
        for key in ("preferred_output", "non_preferred_output"):
            if not _one_assistant_message(row.get(key)):
                found = f"`{key}` is not a list of exactly one assistant message"
                self.out.add("error", "dpo-shape", found, "export the dataset again", where)
        request = row.get("input")
        if isinstance(request, dict):
            check_tools(request.get("tools"), self.out, where)
            check_messages(request, self.profile, self.out, where)
        else:
            self.out.add("error", "dpo-shape", "`input` is no object", "export the dataset again", where)

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


def _one_assistant_message(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 1
        and isinstance(value[0], dict)
        and value[0].get("role") == "assistant"
    )
