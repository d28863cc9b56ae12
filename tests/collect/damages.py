"""What may happen to a file after it was read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def filled_with_nul(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 3] + bytes(len(data) // 3) + data[2 * len(data) // 3 :])


def only_nul(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def cut(share: float) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        data = file.read_bytes()
        file.write_bytes(data[: int(share * len(data))])

    damage.__name__ = f"cut at {share:.0%}"
    return damage


def bad_line(file: Path) -> None:
    """A block of the middle line is overwritten; of a file that is one record, a block in its middle."""
    lines = file.read_bytes().splitlines(keepends=True)
    middle = lines[len(lines) // 2]
    lines[len(lines) // 2] = middle[: len(middle) // 2] + b"\xff{broken" + middle[len(middle) // 2 + 8 :]
    file.write_bytes(b"".join(lines))


def without_a_line(file: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[: len(lines) // 2], b"\x00\xff not a line\n", *lines[len(lines) // 2 + 1 :]]))


def deleted(file: Path) -> None:
    file.unlink()


def replaced_by_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def replaced_by_a_dangling_link(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.with_name("nowhere"))


DAMAGES = [
    emptied, only_nul, filled_with_nul, bad_line, without_a_line, deleted, replaced_by_a_folder,
    replaced_by_a_dangling_link, *map(cut, (0.01, 0.2, 0.5, 0.8, 0.95, 0.999)),
]  # fmt: skip
