"""Redaction at the door: secrets and personal data become typed placeholders before anything is written or shown.

The rules are data (``sql/lexicons/redaction.toml``); matching is RE2, so no text can make it slow. A placeholder such
as ``<email:7f3a>`` ends in a keyed hash of the trajectory and the value: the same address has the same placeholder all
through a trajectory, in no other one, and keeps it when the rules improve.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from reroute.errors import ConfigError
from reroute.redact.rules import Rule, Rules, load_rules

if TYPE_CHECKING:
    import pyarrow as pa

_KEY_BYTES = 32
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*', re.DOTALL)
_PLACEHOLDER = re.compile(r"<[a-z-]+:[0-9a-f]{4}>")
_ARROW_BYTES = 64 * 1024
"""Fewer are searched in Python: Arrow compiles the pattern each time, which takes as long as searching this much."""
_SHORTEST_MEMBER = 8
"""A shorter value of a member named like a secret is a word such as ``none`` or ``basic``."""


@dataclass(frozen=True)
class Redactor:
    """Replaces what the rules find by placeholders."""

    key: bytes = field(repr=False)
    """What placeholders are hashed with."""
    rules: Rules = field(default_factory=load_rules)
    """By default those that Reroute ships."""

    def text(self, trajectory_id: str, text: str) -> tuple[str, int]:
        """The redacted text and the number of replacements; JSON text stays valid JSON."""
        if text.lstrip()[:1] in ("{", "["):
            try:
                orjson.loads(text)
            except orjson.JSONDecodeError:
                pass  # it only begins like JSON
            else:
                return self._json(trajectory_id, text)
        return self._plain(trajectory_id, text)

    def columns(
        self, trajectory_ids: Sequence[str], columns: Mapping[str, pa.Array]
    ) -> tuple[dict[str, pa.Array], dict[int, int]]:
        """Columns of texts, redacted, and the number of replacements by row; Python touches only texts that match.

        Row ``i`` of each column belongs to ``trajectory_ids[i]``.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        redacted, counts = dict(columns), dict[int, int]()
        stated = [name for name, values in columns.items() if values.null_count < len(values)]
        if not stated:
            return redacted, counts
        texts = pa.concat_arrays([columns[name] for name in stated])  # all columns are searched at once
        if texts.nbytes > _ARROW_BYTES:
            matches = pc.fill_null(
                pc.match_substring_regex(texts, self.rules.anywhere.pattern.decode()), fill_value=False
            )
        else:
            search = self.rules.anywhere.search
            encoded = (text and text.encode("utf-8", "replace") for text in texts.to_pylist())
            matches = pa.array([bool(text) and search(text) is not None for text in encoded], pa.bool_())
        for index, name in enumerate(stated):
            values, mask = columns[name], matches.slice(index * len(trajectory_ids), len(trajectory_ids))
            rows = pc.indices_nonzero(mask).to_pylist()
            done = [self.text(trajectory_ids[row], values[row].as_py()) for row in rows]
            if rows:
                redacted[name] = pc.replace_with_mask(values, mask, pa.array([text for text, _ in done], values.type))
            for row, (_, count) in zip(rows, done, strict=True):
                counts[row] = counts.get(row, 0) + count
        return redacted, {row: count for row, count in counts.items() if count}

    def _plain(self, trajectory_id: str, text: str) -> tuple[str, int]:
        data, total = text.encode("utf-8", "replace"), 0
        while True:  # until nothing is left: a replacement can end a word and so begin another match
            pieces, copied = list[bytes](), 0
            for rule, start, end in self.rules.matches(data):
                pieces += [data[copied:start], self._placeholder(trajectory_id, rule, data[start:end])]
                copied = end
            if not pieces:
                return (data.decode("utf-8", "replace") if total else text), total
            data, total = b"".join([*pieces, data[copied:]]), total + len(pieces) // 2

    def _json(self, trajectory_id: str, text: str) -> tuple[str, int]:
        """Each string and number of a valid JSON text by itself; the value of a secret member is replaced whole."""
        pieces, copied, total, member = list[str](), 0, 0, ""
        for found in _TOKEN.finditer(text):
            token, after, count = found[0], found.end(), 0
            while text[after : after + 1] in (" ", "\t", "\n", "\r"):
                after += 1
            is_name = text[after : after + 1] == ":"
            if not token.startswith('"'):
                replaced, count = self._plain(trajectory_id, token)
                encoded = f'"{replaced}"'
            else:
                value = orjson.loads(token) if "\\" in token else token[1:-1]
                replaced, count = self.text(trajectory_id, value)
                secret = not count and not is_name and member.strip('"').lower().replace("-", "_") in self.rules.members
                if secret and len(value) >= _SHORTEST_MEMBER and not _PLACEHOLDER.search(value):
                    replaced = self._placeholder(trajectory_id, self.rules.member_rule, value.encode()).decode()
                    count = 1
                encoded = orjson.dumps(replaced).decode() if count else token
            member = token if is_name else ""
            if count:
                pieces += [text[copied : found.start()], encoded]
                copied, total = found.end(), total + count
        return "".join([*pieces, text[copied:]]), total

    def _placeholder(self, trajectory_id: str, rule: Rule, value: bytes) -> bytes:
        """``<kind:suffix>``; writings of one address or card number have one suffix."""
        if rule.kind == "card":
            value = re.sub(rb"[^0-9]", b"", value)
        elif rule.kind == "email":
            value = value.lower()
        suffix = hashlib.blake2b(trajectory_id.encode() + b"\0" + value, digest_size=2, key=self.key).hexdigest()
        return f"<{rule.kind}:{suffix}>".encode()


def load_key(path: Path) -> bytes:
    """The key of placeholders; made at random, readable by the owner alone, where there is none yet.

    Raises ConfigError where the file is not a key.
    """
    if not path.exists():
        make_key(path, random_key())
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise ConfigError(f"Reading the redaction key {path}: expected {_KEY_BYTES} bytes, found {len(key)}.")
    return key


def random_key() -> bytes:
    """A random key; one that is stored nowhere serves looks that write nothing."""
    return secrets.token_bytes(_KEY_BYTES)


def fingerprint(key: bytes) -> str:
    """What tells a key from others and gives nothing of it away: 16 hex digits."""
    return hashlib.blake2b(b"reroute redaction key", key=key, digest_size=8).hexdigest()


def make_key(path: Path, key: bytes) -> None:
    """Write a key whole or not at all; a file that is there, also one made at this moment by another process, stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass  # the other process's key is as good
    finally:
        draft.unlink()
