"""What is known of a call from its tool and arguments alone."""

from __future__ import annotations

import msgspec


class Facts(msgspec.Struct, gc=False):
    """One a distinct call; the same for every action that makes it."""

    family: str
    program: str | None = None
    external: bool = True
    writes: bool = False
    probe: bool = False
    content: bool = False
    """Prints what files, pages or logs contain: error words in it are somebody else's."""
    query: bool = False
    """A search in free words, for which an answer is needed."""
    inline: bool = False
    expected: frozenset[int] = frozenset()
    """Exit codes besides 0 that are no failure."""
    any_status: bool = False
    trusted: bool = True
    """Its own exit status is the one that the source states; false behind ``| tail`` or before ``; echo $?``."""
    targets: list[str] = []
    written: list[str] = []
    created: list[str] = []
    """Files whose whole content the call sets."""
    authored: list[tuple[str, list[str]]] = []
    """Code that the call puts into a file: that file, and the files that the code writes."""
    scripts: list[str] = []
    """Files run as a program."""
    alters: bool = False
    """Runs a script of the agent's own that changes files."""
    entered: list[str] = []
    """Folders gone to on the way; targets where that fails."""
    text: str = ""
    """What the distance tokens are cut from."""
    slots: list[str] = []
    signature: str = ""
    check_id: str | None = None
    check_kind: str | None = None
    check_script: bool = False
    """A check only where the agent did not write the script."""
    names: tuple[str, ...] = ()
    """Programs whose own messages may stand in the output, besides the shell."""
    hands_over: bool = False
    claims_done: bool = False
    """A list of todos in which every one is ticked off."""
    moves: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """revert, restore and check, in order."""
    folder: str | None = None
    """Where the shell stands afterwards."""
