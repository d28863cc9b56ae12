"""Harmless things that an agent does in between: each about a note of its own, so that nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from simulator.agent import Action
from simulator.shell.hands import Hands

_TOPICS = ("style", "releases", "owners", "hosting", "naming", "reviews", "metrics", "licence", "history", "roadmap")


def notes(random: Random) -> dict[str, str]:
    """Files that only detours look at."""
    return {f"notes/{topic}.md": _note(topic, random) for topic in _TOPICS}


def detours(hands: Hands, random: Random) -> list[Callable[[], Action]]:
    """Detours in the order in which they will be taken; none says what another has said."""
    deck = [_detour(hands, topic, index) for index, topic in enumerate(_TOPICS)]
    random.shuffle(deck)
    taken = iter(deck * 20)
    return [lambda: next(taken)()]  # noqa: PLW0108 - each call takes the next


def _detour(hands: Hands, topic: str, index: int) -> Callable[[], Action]:
    path = f"notes/{topic}.md"
    ways: tuple[Callable[[], Action], ...] = (
        lambda: hands.look(path),
        lambda: hands.run(f"head -n 3 {path}"),
        lambda: hands.run(f"wc -w {path}"),
        lambda: hands.grep("Owner", path),
        lambda: hands.run(f"tail -n 2 {path}"),
    )
    return ways[index % len(ways)]


def _note(topic: str, random: Random) -> str:
    owner = random.choice(("Dana Reyes", "Imre Kovacs", "Ada Lund", "Tomas Okafor", "Mei Tanaka"))
    address = owner.lower().replace(" ", ".") + "@example.com"
    lines = [
        f"# {topic.capitalize()}",
        "",
        f"Owner: {owner} <{address}>",
        f"Last looked at in week {random.randint(1, 52)}.",
    ]
    lines += random.sample(_SENTENCES, 3)
    return "\n".join(lines) + "\n"


_SENTENCES = (
    "Keep functions short and say why, not what.",
    "We release on Tuesdays unless somebody is away.",
    "Ask the owner before you rename anything public.",
    "Numbers in the dashboard are rounded to whole units.",
    "Every module has a test file of the same name.",
    "The old wiki is read only and will be switched off.",
    "Data files are checked in only when they are small.",
)
