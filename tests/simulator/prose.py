"""What agents and people say, in several wordings each."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

LINES: dict[str, tuple[str, ...]] = {
    "look": (
        "Let me read {it}.",
        "I'll open {it} to see how it works.",
        "Now {it}.",
        "Checking {it} first.",
        "{it} should tell me more.",
        "I want to see what {it} does before I change anything.",
    ),
    "search": (
        "Let me see where `{it}` is used.",
        "Searching for `{it}`.",
        "Where does `{it}` occur?",
        "I'll grep for `{it}`.",
    ),
    "run": (
        "Running this to see what it prints.",
        "Let me try it.",
        "Let me run it.",
        "I'll see what happens.",
        "Giving this a go.",
    ),
    "test": (
        "Let me run the tests of this module.",
        "Running the tests.",
        "Now the tests.",
        "I'll check with the tests.",
        "Time to see whether the tests agree.",
    ),
    "retest": (
        "Running the same tests again.",
        "Once more through the tests.",
        "Let me check again.",
        "And the tests again.",
    ),
    "edit": (
        "The cause: {it}. I'll change that.",
        "I see it: {it}. Here is the fix.",
        "So {it}. Let me mend that.",
        "It turns out that {it}; a small change will do.",
        "Found it, {it}. Editing now.",
    ),
    "wrong": (
        "That did not work; my change was not the right one. Let me think again.",
        "Still red. I misunderstood the cause.",
        "Hmm, the test still fails. I need another fix.",
        "That is not it. Let me correct the change.",
    ),
    "broke": (
        "My change broke another test. I need to be more careful.",
        "The first test passes now, but I have broken one that was green.",
        "That went too far: another test fails because of my edit.",
    ),
    "missing": (
        "That path does not exist. Let me find the file.",
        "No such file there; I guessed the path wrong.",
        "The file is somewhere else.",
        "Wrong path. Looking for the right one.",
    ),
    "mistyped": (
        "I got the arguments wrong. Correcting them.",
        "That was a typo of mine.",
        "The command did not like that option. Let me fix the call.",
        "Wrong usage; trying again with the right arguments.",
    ),
    "other_way": (
        "That is not available here. I'll do it another way.",
        "Not an option on this machine; there is another way.",
        "Let me use something else for that.",
        "OK, plan B.",
    ),
    "again": (
        "That looks temporary. Trying again.",
        "Perhaps a hiccup; once more.",
        "The service was busy. Retrying.",
        "Let me try the same again.",
    ),
    "refused": (
        "The edit was refused. Let me look at the file as it is.",
        "The passage was not found; I'll check the exact text.",
        "That did not apply. I'll do it again with the right text.",
    ),
    "stuck": (
        "I keep looking at the same thing. A different approach, then.",
        "I am going in circles. Let me try something else.",
        "This gets me nowhere; another way.",
    ),
    "denied": (
        "Understood, I will not do that.",
        "All right, not that way.",
        "OK, I'll leave that alone and do it differently.",
    ),
    "sign_in": (
        "I need to authenticate for that.",
        "It wants credentials. The token file should do.",
        "Not authorised like this; I'll pass the token.",
    ),
    "aside": (
        "While I am here, a quick look at something else.",
        "Let me note one thing on the way.",
        "A short detour.",
        "Before that, one more bit of context.",
    ),
}


@dataclass
class Prose:
    """Draws a wording; agents differ in how much they talk."""

    random: Random
    talk: float
    """Chance that an action is announced at all."""

    def maybe(self, topic: str, it: str = "") -> str | None:
        """A line on ``topic``, or None where this agent says nothing."""
        return self.line(topic, it) if self.random.random() < self.talk else None

    def line(self, topic: str, it: str = "") -> str:
        """A line on ``topic`` about ``it``."""
        words = self.random.choice(LINES[topic])
        return words.format(it=it)
