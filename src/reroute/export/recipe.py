"""A recipe: the small typed TOML that says which rows go into a dataset and in which shape."""

from __future__ import annotations

import hashlib
import tomllib
from math import floor
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from reroute import content
from reroute.errors import ConfigError

Method = Literal["sft", "rft"]
Tier = Literal["A", "B", "C"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Selection(_Section):
    """``[select]``: which candidates may become rows, and how many of a sort."""

    tiers: tuple[Tier, ...] = ("A", "B")
    """A: recovered in a run that passed; B: recovered, outcome unknown; C: recovered in a run that failed."""
    outcomes: tuple[str, ...] = ("recovered_retry", "recovered_fix", "recovered_repair", "recovered_reroute")
    """Episode outcomes that are recoveries here; conceded, reported and handed over never are."""
    kinds: tuple[str, ...] = ()
    """Kinds of failure taken; empty takes all."""
    without_kinds: tuple[str, ...] = ("tool.commanded", "policy.unapproved")
    """Kinds never taken as positives."""
    per_task: int = Field(default=2, ge=1)
    """Rows of one task at most."""
    per_template: int = Field(default=3, ge=1)
    """Rows of one tool and error template at most."""
    kind_shares: tuple[float, ...] = (1.0, 0.5, 0.4, 0.25)
    """Share of the target that one kind may fill, by the number of kinds there are; the last holds for more."""
    environment_share: float = Field(default=0.10, ge=0, le=1)
    """Share of the target that failures of the environment may fill."""
    clean_share: float = Field(default=0.0, ge=0, lt=1)
    """Share of all rows that are whole successful runs without a failure."""
    near_duplicate: float = Field(default=0.85, gt=0, le=1)
    """Two rows whose own text has this Jaccard similarity, as MinHash estimates it, are one."""
    held_out_tasks: tuple[str, ...] = ()
    """Task ids of evaluation sets: never in a dataset."""


class Recipe(_Section):
    """A whole recipe."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """The recipe's name, which is the dataset's name and folder."""
    method: Method
    """sft: supervised, mistake masked; rft: reinforcement, prompt and reference."""
    dialect: str = "openai"
    """The shape of a line: a module of ``reroute.export.dialects``."""
    description: str = ""
    """One paragraph for the dataset card."""
    target: int = Field(default=100, ge=1)
    """Rows wanted, clean ones included."""
    validation_share: float = Field(default=0.2, ge=0, lt=1)
    """Share of the task groups that go to the validation file."""
    seed: int = 0
    """Changes which groups go to validation and how ties are broken."""
    max_tokens: int = Field(default=65_536, ge=1)
    """A longer row is left out."""
    reasoning: Literal["drop", "content"] = "drop"
    """content: recorded reasoning stands before the reply's text; drop: it is left out."""
    grader: str | None = None
    """File under ``exports/graders`` that grades an answer; needed for rft."""
    select: Selection = Selection()

    @model_validator(mode="after")
    def _grader_fits(self) -> Recipe:
        if (self.method == "rft") != (self.grader is not None):
            raise ValueError("a recipe of method rft names a grader file, and no other does")
        return self

    @property
    def fingerprint(self) -> str:
        """A hash of every setting (16 hex digits)."""
        return hashlib.blake2b(self.model_dump_json().encode(), digest_size=8).hexdigest()

    @property
    def recoveries_wanted(self) -> int:
        """Rows of the target that are no clean runs."""
        return max(1, round(self.target * (1 - self.select.clean_share)))

    def kind_cap(self, kinds: int) -> int:
        """Rows that one kind may fill where there are so many kinds."""
        shares = self.select.kind_shares
        share = shares[min(kinds, len(shares)) - 1] if kinds else 1.0
        return max(1, floor(share * self.recoveries_wanted))


def load(name: str, project: Path | None = None) -> Recipe:
    """The recipe called ``name`` (``exports/recipes/<name>.toml``), or the recipe in the TOML file at ``name``.

    Raises ConfigError that names the file, the key and what was expected.
    """
    path = Path(name)
    if not name.endswith(".toml"):
        known = content.files("exports/recipes", "*.toml", project)
        if f"{name}.toml" not in known:
            names = ", ".join(key.removesuffix(".toml") for key in known) or "none"
            raise ConfigError(f"Looking for the recipe {name}: there is none. Recipes here: {names}.")
        path = known[f"{name}.toml"]
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise ConfigError(f"Reading the recipe {path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"Reading the recipe {path}: this is not TOML ({error}).") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the recipe"
        wrong = f"`{where}`: {first['msg']} (found {first['input']!r})."
        if first["type"] == "extra_forbidden":
            wrong = f"unknown key `{where}`."
        raise ConfigError(f"Reading the recipe {path}: {wrong} exports/README.md lists every key.") from error
