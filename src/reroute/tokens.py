"""How many tokens texts and training rows have: counted where tiktoken and its vocabulary are here, else estimated.

tiktoken is the extra ``tokens``. It starts a download when it is asked for a vocabulary that it does not have. A check
must not use the network by itself, so the vocabulary is looked for first: tiktoken names a cached one by the SHA-1 of
its address.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    import tiktoken

_VOCABULARY = "o200k_base"
_ADDRESS = f"https://openaipublic.blob.core.windows.net/encodings/{_VOCABULARY}.tiktoken"
_BYTES_PER_TOKEN = 4
"""Usual for English, code and JSON text."""
_PER_MESSAGE = 4
"""Tokens that frame a message in the chat template."""


@dataclass(frozen=True)
class Counter:
    """Counts tokens, with the vocabulary if there is one here."""

    encoding: tiktoken.Encoding | None = None

    @property
    def exact(self) -> bool:
        """Whether tokens are counted; else they are estimated from the bytes of the text."""
        return self.encoding is not None

    @property
    def method(self) -> str:
        """The vocabulary or the estimate, as manifests name it."""
        return _VOCABULARY if self.exact else f"bytes/{_BYTES_PER_TOKEN} estimate"

    @property
    def basis(self) -> str:
        """What a count rests on, in words."""
        return f"counted with {_VOCABULARY}" if self.exact else f"estimated at {_BYTES_PER_TOKEN} bytes a token"

    def count(self, text: str) -> int:
        """Tokens of a text."""
        if self.encoding is None:
            return -(-len(text.encode("utf-8", "replace")) // _BYTES_PER_TOKEN)
        return len(self.encoding.encode_ordinary(text))

    def row(self, row: dict[str, object]) -> int:
        """Tokens of one training row: its texts, its calls, its tools and what frames the messages."""
        messages = _messages(row)
        texts = [_text(message.get(key)) for message in messages for key in ("content", "tool_calls", "name")]
        texts += [_text(place.get("tools")) for place in (row, row.get("input")) if isinstance(place, dict)]
        return sum(map(self.count, texts)) + _PER_MESSAGE * len(messages)


@cache
def counter() -> Counter:
    """The best counter that this machine has without the network."""
    folder = os.environ.get("TIKTOKEN_CACHE_DIR") or os.environ.get("DATA_GYM_CACHE_DIR")
    base = Path(folder) if folder else Path(tempfile.gettempdir()) / "data-gym-cache"
    vocabulary = base / hashlib.sha1(_ADDRESS.encode(), usedforsecurity=False).hexdigest()
    if not (_installed() and vocabulary.is_file()):
        return Counter()
    import tiktoken

    return Counter(tiktoken.get_encoding(_VOCABULARY))


def how_to_count() -> str:
    """What is missing here for exact counts, as a clause: for whoever was given an estimate."""
    needed = f"exact counts need tiktoken's {_VOCABULARY} vocabulary in TIKTOKEN_CACHE_DIR"
    return needed if _installed() else f"{needed}, and tiktoken itself: pip install 'reroute[tokens]'"


def _installed() -> bool:
    return importlib.util.find_spec("tiktoken") is not None


def _messages(row: dict[str, object]) -> list[dict[str, object]]:
    places = [row, row.get("input")]
    found = [place.get("messages") for place in places if isinstance(place, dict)]
    found += [row.get("preferred_output"), row.get("non_preferred_output")]
    return [each for part in found if isinstance(part, list) for each in part if isinstance(each, dict)]


def _text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return orjson.dumps(value).decode()
