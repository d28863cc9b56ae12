"""One name for one file: absolute and relative paths of a run are brought together under the folder it works in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_PREFIX = "file:"
_MAX_PATHS = 100  # of each sort that vote


def root(targets: Iterable[str]) -> str | None:
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
