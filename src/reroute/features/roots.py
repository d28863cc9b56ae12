"""One name for one file: absolute and relative paths of a run are brought together under the folder it works in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_PREFIX = "file:"
_MAX_PATHS = 400  # of each sort that vote


def root(targets: Iterable[str]) -> str | None:
    """The folder that makes absolute targets equal to relative ones, with most votes; None where there is none."""
    paths = dict.fromkeys(target[len(_PREFIX) :] for target in targets if target.startswith(_PREFIX))
    absolute = [path + "/" for path in paths if path.startswith("/")][:_MAX_PATHS]
    relative = [path for path in paths if path[0] not in "/~." and len(path) > 2][:_MAX_PATHS]
    if not absolute or not relative:
        return None
    first = {path.split("/", 1)[0] for path in relative}
    votes: Counter[str] = Counter()
    for path in absolute:
        pieces = path.split("/")
        for index, piece in enumerate(pieces[1:-1], 1):
            if piece in first:
                rest = "/".join(pieces[index:-1])
                votes["/".join(pieces[:index])] += sum(_same(rest, other) for other in relative)
    best = min(votes.items(), key=lambda item: (-item[1], len(item[0])), default=("", 0))
    return best[0] if best[1] and best[0] else None


def _same(rest: str, other: str) -> bool:
    return rest == other or rest.startswith(other + "/") or other.startswith(rest + "/")


def under(targets: list[str], folder: str) -> list[str]:
    """``targets`` with the paths below ``folder`` made relative to it."""
    prefix = f"{_PREFIX}{folder}/"
    return [_PREFIX + t[len(prefix) :] if t.startswith(prefix) else t for t in targets]
