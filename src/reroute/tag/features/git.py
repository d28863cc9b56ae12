"""What ``git`` commands mean for the working tree: which paths, and whether an edit is taken back or put back."""

from __future__ import annotations

from collections.abc import Sequence

from reroute.tag.features.targets import looks_like_path

Move = tuple[str, tuple[str, ...]]
"""``revert`` or ``restore`` and the file targets; no targets: the whole tree."""

_VALUED = frozenset(["-C", "-c", "--git-dir", "--work-tree"])
_REFERENCES = ("origin/", "upstream/", "HEAD", "refs/")
_STASHED_BACK = frozenset(["pop", "apply"])
_STASH_LOOKS = frozenset(["list", "show", "drop", "clear"])


def skip_options(words: Sequence[str]) -> int:
    """How many words of ``git -C folder --no-pager diff`` come before the sub-command."""
    index = 1
    while index < len(words) and words[index].startswith("-"):
        index += 2 if words[index] in _VALUED else 1
    return index


def paths(words: Sequence[str], valued: frozenset[str]) -> list[str]:
    """The paths among a sub-command's words; references and ranges are none."""
    if "--" in words:
        return list(words[words.index("--") + 1 :])
    found, skip = [], False
    for word in words:
        if skip or word in valued:
            skip = not skip
        elif ":" in word and not word.startswith((":", "-")):
            found.append(word.split(":", 1)[1])  # HEAD:path
        elif looks_like_path(word) and not word.startswith(_REFERENCES) and ".." not in word:
            found.append(word)
    return found


def moves(name: str, words: Sequence[str], targets: Sequence[str]) -> list[Move]:
    """Whether the command takes edits back (``revert``) or puts them back (``restore``)."""
    first = next((word for word in words if not word.startswith("-")), "")
    if name == "git stash":
        if first in _STASHED_BACK:
            return [("restore", ())]
        return [] if first in _STASH_LOOKS else [("revert", ())]
    if name == "git checkout" and (targets or "." in words):
        return [("revert", tuple(targets))]
    if name == "git restore" and "--staged" not in words:
        return [("revert", tuple(targets))]
    if name == "git reset" and "--hard" in words:
        return [("revert", ())]
    return []
