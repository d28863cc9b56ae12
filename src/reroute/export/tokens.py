"""How long a text is in tokens: counted where the vocabulary lies on this machine, else estimated and said so."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import tiktoken

# tiktoken names a cached vocabulary by the SHA-1 of its address; this is the one of o200k_base. It is looked for here
# because asking tiktoken for a vocabulary that it does not have starts a download.
_O200K = "fb374d419588a4632f3f557e76b4b70aebbca790"


@dataclass(frozen=True)
class Counter:
    """Counts tokens; ``method`` says how."""

    method: Literal["o200k_base", "bytes/4 estimate"]
    encoding: tiktoken.Encoding | None = None

    def count(self, text: str) -> int:
        """Tokens of ``text``."""
        if self.encoding is None:
            return -(-len(text.encode("utf-8", "replace")) // 4)
        return len(self.encoding.encode_ordinary(text))


@cache
def counter() -> Counter:
    """The counter that this machine allows."""
    folder = os.environ.get("TIKTOKEN_CACHE_DIR") or os.environ.get("DATA_GYM_CACHE_DIR")
    if not (Path(folder or Path(tempfile.gettempdir()) / "data-gym-cache") / _O200K).is_file():
        return Counter("bytes/4 estimate")
    import tiktoken

    return Counter("o200k_base", tiktoken.get_encoding("o200k_base"))
