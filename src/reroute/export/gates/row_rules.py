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

from reroute import row_format
from reroute.export.candidates import MOST_TEXT, Drop, drop
from reroute.export.dialects import Dialect
from reroute.export.graders import grader as graders
from reroute.export.graders.grader import Grader
from reroute.export.recipe import Method, Recipe
from reroute.export.rows.row import Row
from reroute.safe_text import one_line, quoted

JSON = Mapping[str, object]

SPECIAL = re.compile(r"<\|[A-Za-z0-9_]{2,32}\|>")
"""Whatever looks like a token of a chat template: a dataset may go to any provider."""
_ROLES: Mapping[Method, frozenset[str]] = {
    "sft": frozenset({"system", "user", "assistant", "tool"}),
    "rft": frozenset({"developer", "user", "assistant", "tool"}),
}
_KEYS: Mapping[Method, frozenset[str]] = {
    "sft": frozenset({"messages", "tools", "parallel_tool_calls"}),
    "rft": frozenset({"messages", "tools", "reference", "forbidden", "acceptable", "schemas", "kind", "tier", "effort",
                      "row_id", "episode_id", "trajectory_id", "task_id"}),
}  # fmt: skip

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


def line_rules(method: Method, dialect: Dialect) -> row_format.Rules:
    """What a dialect's lines of a method must be: stricter than what a provider takes, so that any of them does."""
    return row_format.Rules(
        method=method,
        reader=dialect.NAME,
        roles=_ROLES[method],
        last_roles=frozenset({"assistant"}) if method == "sft" else dialect.LAST_ROLES,
        row_keys=_KEYS[method],
        message_keys=None,
        content_parts=False,
        empty_replies=False,
        weight_required=True,
        unique_call_ids=True,
        open_end=method == "sft",
        declared_tools=True,
        special_tokens=SPECIAL,
    )


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
        encoded, unwritable = None, []
        try:
            encoded = orjson.dumps(line)
        except TypeError as error:  # a lone surrogate, an integer that JSON readers refuse, too deep a schema
            unwritable = [("invalid_line", f"the line cannot be written as JSON: {error}")]
        of_line = list(row_format.problems(line, line_rules(recipe.method, self.dialect), encoded))
        if not row.candidate.run.trajectory_id:
            found.append(("no_trajectory", "the run has no id"))
        found += [("special_token", one.text) for one in of_line if one.rule == "special-token"][:1]
        if not 1 <= row.tokens <= recipe.max_tokens:
            found.append(("too_long", f"{row.tokens:,} tokens; the recipe takes 1 to {recipe.max_tokens:,}"))
        if recovery is not None and recovery.tier not in recipe.select.tiers:
            text = f"tier {recovery.tier}; the recipe takes {', '.join(recipe.select.tiers)}"
            found.append(("tier_not_taken", text))
        if recipe.method == "sft" and not row.trained:
            last = row.messages[-1].text if row.messages else ""
            found.append(("nothing_trained", f"all replies have weight 0; the last message is {quoted(last)}"))
        found += [("invalid_line", one.text) for one in of_line if one.rule != "special-token"]
        found += unwritable
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
