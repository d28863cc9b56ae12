"""Which rows validate: whole task groups, drawn by hash, so that a group stays where it is when data grows."""

from __future__ import annotations

import hashlib
from typing import Literal

Split = Literal["train", "validation"]


def side(group: str, seed: int, validation_share: float) -> Split:
    """The side of a group; it depends on nothing but the group's name, the seed and the share."""
    digest = hashlib.blake2b(f"{seed}\0{group}".encode(), digest_size=8).digest()
    return "validation" if int.from_bytes(digest, "big") < validation_share * 2**64 else "train"
