"""How many tokens rows have: counted where the vocabulary is on this machine, else estimated and said so."""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson

_VOCABULARY = "o200k_base"
# tiktoken downloads this address on first use and keeps it under the address's SHA-1; a check must not reach out
# to the network by itself, so the count is exact only where the file is there.
_ADDRESS = f"https://openaipublic.blob.core.windows.net/encodings/{_VOCABULARY}.tiktoken"
_BYTES_PER_TOKEN = 4
"""Usual for English, code and JSON text."""
HOW_TO_COUNT = f"exact counts need tiktoken's {_VOCABULARY} vocabulary in TIKTOKEN_CACHE_DIR"
_PER_MESSAGE = 4
"""Tokens that frame a message in the chat template."""


@dataclass(frozen=True)
class Counter:
    """Counts the tokens of a row; ``exact`` says whether by the vocabulary."""

    exact: bool
    basis: str
    count: Callable[[str], int]

    def row(self, row: dict[str, object]) -> int:
        """Tokens of one training row: its texts, its calls, its tools and what frames the messages."""
        return sum(self.count(text) for text in _texts(row)) + _PER_MESSAGE * len(_messages(row))


@cache
def counter() -> Counter:
    """The best counter that this machine has without the network."""
    if not _cached():
        return Counter(False, f"estimated at {_BYTES_PER_TOKEN} bytes a token", _estimate)
    import tiktoken

    encoding = tiktoken.get_encoding(_VOCABULARY)
    return Counter(True, f"counted with {_VOCABULARY}", lambda text: len(encoding.encode_ordinary(text)))


def _cached() -> bool:
    folder = os.environ.get("TIKTOKEN_CACHE_DIR") or os.environ.get("DATA_GYM_CACHE_DIR")
    base = Path(folder) if folder else Path(tempfile.gettempdir()) / "data-gym-cache"
    return (base / hashlib.sha1(_ADDRESS.encode(), usedforsecurity=False).hexdigest()).is_file()


def _estimate(text: str) -> int:
    return math.ceil(len(text.encode("utf-8", "replace")) / _BYTES_PER_TOKEN)


def _messages(row: dict[str, object]) -> list[dict[str, object]]:
    places = [row, row.get("input")]
    found = [place.get("messages") for place in places if isinstance(place, dict)]
    found += [row.get("preferred_output"), row.get("non_preferred_output")]
    return [each for part in found if isinstance(part, list) for each in part if isinstance(each, dict)]


def _texts(row: dict[str, object]) -> list[str]:
    texts = [_text(message.get(key)) for message in _messages(row) for key in ("content", "tool_calls", "name")]
    places = [row, row.get("input")]
    return texts + [_text(place.get("tools")) for place in places if isinstance(place, dict)]


def _text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return orjson.dumps(value).decode()
