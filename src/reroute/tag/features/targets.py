"""What an action is about: files, tests, records, addresses, page elements, information needs."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

_NOT_FILES = frozenset(["-", ".", "..", "/", "~", "/dev/null", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/tty"])
_MAX = 400  # characters; longer words are text, not names
_PREFIX = "file:"
_MAX_PATHS = 100  # of each sort that vote
_LINE_SUFFIX = re.compile(r":\d+(?:[-:]\d+)?$")
_EXTENSION = re.compile(r"[\w)\]-]\.(?:[A-Za-z][A-Za-z0-9]{0,9}|[ch]|7z|mp[34])$")
_ODD = re.compile(r"^$|^file:|[\n$`*?<>]|^/dev/fd")
_NO_FILE = re.compile(r"[\n$`*?]|^/dev/fd|^[<>]\(")
_URL = re.compile(r"https?://([^/\s?#\"'<>]+)([^\s?#\"'<>]*)")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}|\d{3,}")
_ID_VALUE = re.compile(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9][A-Za-z0-9_.:#-]{3,63}$")
_NO_ID = re.compile(
    r"\d{4}-\d\d-\d\d|\d{1,2}:\d\d|\d+(?:\.\d+)?(?:px|em|rem|vh|vw|s|ms|kb|mb|gb|k|m|h|d|pt|x)$", re.IGNORECASE
)
_ID_FORM = re.compile(r"(?=[A-Z]*\d)[A-Z0-9]{4,12}$|[0-9a-f]{8}-[0-9a-f]{4}-|\w+_\d{2,}$")


@lru_cache(maxsize=8192)
def file_target(path: str, cwd: str | None = None) -> str | None:
    """``file:`` and the normal path, joined to ``cwd`` where it is relative; None where it names no single file."""
    if _ODD.search(path):
        path = path.removeprefix("file://")
        if not path or _NO_FILE.search(path):
            return None
    if path in _NOT_FILES or len(path) > _MAX:
        return None
    if cwd and path[0] not in "/~":
        path = f"{cwd}/{path}"
    if "./" in path or "//" in path or path[-1] == "/" or path.endswith("/.."):
        path = posixpath.normpath(path)
    if ":" in path:
        path = _LINE_SUFFIX.sub("", path)
    return "file:" + path if path not in _NOT_FILES else None


def file_targets(paths: Iterable[str], cwd: str | None = None) -> list[str]:
    """The file targets of ``paths``; whatever names no single file is left out."""
    return [target for path in paths if (target := file_target(path, cwd)) is not None]


def common_folder(targets: Iterable[str]) -> str | None:
    """The folder below which absolute targets look most like relative ones; None where there is none."""
    paths = dict.fromkeys(target[len(_PREFIX) :] for target in targets if target.startswith(_PREFIX))
    absolute = [path + "/" for path in paths if path.startswith("/")][:_MAX_PATHS]
    relative = [path for path in paths if path[0] not in "/~." and len(path) > 2][:_MAX_PATHS]
    if not absolute or not relative:
        return None
    known = {
        "/".join(pieces[:n]) for path in relative for pieces in [path.split("/")] for n in range(1, len(pieces) + 1)
    }
    votes: Counter[str] = Counter()
    for path in absolute:
        pieces = path.split("/")
        for index in range(2, len(pieces) - 1):
            shared = 0
            while index + shared < len(pieces) - 1 and "/".join(pieces[index : index + shared + 1]) in known:
                shared += 1
            if shared:
                votes["/".join(pieces[:index])] += shared
    best = min(votes.items(), key=lambda item: (-item[1], len(item[0])), default=("", 0))
    return best[0] or None


def looks_like_path(word: str) -> bool:
    """Whether a word of an unknown program names a file."""
    if len(word) > _MAX or not word or word[0] in "-@{}()[]<>#%=!" or "://" in word or " " in word:
        return False
    return ("/" in word and any(map(str.isalnum, word))) or bool(_EXTENSION.search(word))


def url_target(address: str) -> str | None:
    """``url:`` with host and path, without query and fragment."""
    match = _URL.match(address.strip())
    if match is None:
        return None
    return f"url:{match.group(1).lower()}{match.group(2).rstrip('/')}"[:_MAX]


def needs(text: str, stop_words: frozenset[str], limit: int = 30) -> list[str]:
    """The bag of words that a query or a piece of inline code is about, those of ``stop_words`` left out."""
    words = dict.fromkeys(word.lower() for word in _WORD.findall(text[:2000]))
    remaining = [word for word in words if word not in stop_words]
    return ["need:" + word for word in remaining[:limit]]


def id_target(name: str, value: str, id_names: frozenset[str]) -> str | None:
    """``id:`` and the value of an argument that looks like a record's id; names of people and places do not."""
    if not 2 <= len(value) <= 64 or " " in value or value.lower() in {"true", "false", "null", "none"}:
        return None
    if _last_word(name) in id_names:
        return "id:" + value
    if _ID_VALUE.match(value) and not _NO_ID.match(value) and (_ID_FORM.match(value) or "-" in value):
        return "id:" + value
    return None


@lru_cache(maxsize=4096)
def _last_word(name: str) -> str:
    """The last word of a name such as ``orderId`` or ``order_id``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().rsplit("_", 1)[-1]
