"""What every row must be: one checker, used where rows are made and again by the gates.

A row that breaks a rule becomes a drop when it is made, so a gate can fire only for what this checker missed or what
happened to a row afterwards. The words of a problem quote the text at fault: clipped, on one line, redacted as the row.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from reroute.export.candidates import MOST_TEXT, Drop, drop
from reroute.export.dialects import Dialect
from reroute.export.gates import structure
from reroute.export.graders import grader as graders
from reroute.export.graders.grader import Grader
from reroute.export.recipe import Method, Recipe
from reroute.export.rows.row import Row
from reroute.safe_text import AROUND, one_line, quoted

JSON = Mapping[str, object]

SPECIAL = re.compile(r"<\|[A-Za-z0-9_]{2,32}\|>")

RULES: Mapping[str, str] = {
    "no_trajectory": "every row comes from a trajectory",
    "special_token": "no line holds a special token",
    "too_long": "every row has tokens, and no more than the recipe takes",
    "tier_not_taken": "every row is of a tier that the recipe takes",
    "nothing_trained": "every row trains at least one reply",
    "invalid_line": "every line is a conversation that the dialect takes",
    "reference_refused": "every reference scores 1",
    "wrong_answer_scores": "failed actions, no answer, refusals and the copied prompt score 0",
    "repeated_id": "every row has its own id",
    "duplicate": "no line repeats another",
}
"""Every rule of the drop ledger that a gate checks too, with the gate's title."""
_ONLY: Mapping[str, Method] = {"nothing_trained": "sft", "reference_refused": "rft", "wrong_answer_scores": "rft"}


def titles(method: Method) -> dict[str, str]:
    """The rules that hold for a method's rows, each with the gate's title."""
    return {rule: title for rule, title in RULES.items() if _ONLY.get(rule, method) == method}


@dataclass(frozen=True)
class Problem:
    """A rule that a row breaks, and in which way."""

    rule: str
    """A key of :data:`RULES`."""
    text: str


@dataclass(frozen=True)
class Checker:
    """Checks the rows of one recipe, each alone."""

    recipe: Recipe
    dialect: Dialect
    grader: Grader | None

    def problems(self, row: Row, line: JSON) -> list[Problem]:
        """Everything that is wrong with a row and with its line in the dialect, the gravest first."""
        found: list[tuple[str, str]] = []
        recipe, recovery = self.recipe, row.candidate.recovery
        if not row.candidate.run.trajectory_id:
            found.append(("no_trajectory", "the run has no id"))
        if token := _special(line):
            found.append(("special_token", token))
        if not 1 <= row.tokens <= recipe.max_tokens:
            found.append(("too_long", f"{row.tokens:,} tokens; the recipe takes 1 to {recipe.max_tokens:,}"))
        if recovery is not None and recovery.tier not in recipe.select.tiers:
            text = f"tier {recovery.tier}; the recipe takes {', '.join(recipe.select.tiers)}"
            found.append(("tier_not_taken", text))
        if recipe.method == "sft" and not row.trained:
            last = row.messages[-1].text if row.messages else ""
            found.append(("nothing_trained", f"all replies have weight 0; the last message is {quoted(last)}"))
        found += [("invalid_line", text) for text in structure.problems(line, recipe.method, self.dialect)]
        try:
            orjson.dumps(line)
        except TypeError as error:  # a lone surrogate, an integer that JSON readers refuse, too deep a schema
            found.append(("invalid_line", f"the line cannot be written as JSON: {error}"))
        if not found and self.grader is not None:
            found += [
                ("reference_refused" if one.case == "reference" else "wrong_answer_scores", one.words)
                for one in graders.own_tries(self.grader, line)
                if one.wrong
            ]
        return [Problem(rule, one_line(text, MOST_TEXT)) for rule, text in found]

    def checked(self, row: Row) -> Row | Drop:
        """The row, or the drop of the first rule that it breaks."""
        found = self.problems(row, self.dialect.line(row))
        return drop(row.candidate, found[0].rule, found[0].text) if found else row


@dataclass
class Repeats:
    """Finds rows that repeat an earlier one: by their id or by their whole line."""

    _first: dict[str, str] = field(default_factory=dict)

    def problem(self, row: Row, line: JSON) -> Problem | None:
        """What an earlier row had already; this row is remembered if nothing."""
        digest = hashlib.sha256(orjson.dumps(line)).hexdigest()
        for key, rule, what in ((row.row_id, "repeated_id", "id"), (digest, "duplicate", "line")):
            if first := self._first.get(key):
                return Problem(rule, f"the same {what} as {first}")
        self._first |= dict.fromkeys((row.row_id, digest), row.candidate.id)
        return None


def _special(value: object) -> str | None:
    """The first special token in any text of a line, keys included, with what stands around it."""
    if isinstance(value, str):
        found = SPECIAL.search(value)
        around = value[max(0, found.start() - AROUND) : found.end() + AROUND] if found else ""
        return f"{found[0]}, which makes a provider refuse the file, in {quoted(around)}" if found else None
    parts = (*value.keys(), *value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((token for part in parts if (token := _special(part))), None)
