"""``reroute.toml``: where traces come from, where results go, and the few things that an operator sets.

Secrets are never here: they come from the environment. Unknown keys are refused with the nearest known one.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from reroute.errors import ConfigError

FILE_NAME = "reroute.toml"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class SourceSettings(_Section):
    """One ``[[sources]]`` entry: a place that traces come from."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Part of every trajectory's identity: renaming a source makes its runs new."""
    path: str
    """A file or folder; a relative path counts from the folder of reroute.toml."""
    outcomes: str | None = None
    """A CSV or JSONL file of outcomes that the nightly flow joins after each collect (see `reroute outcomes`)."""


class CollectSettings(_Section):
    """``[collect]``"""

    record_cap_mb: int = Field(default=64, ge=1)
    """A larger record is quarantined and streamed past, never loaded."""
    part_mb: int = Field(default=64, ge=1)
    """Raw megabytes that one lake part holds at most (a larger single record makes a part of its own)."""
    keep_raw_excerpts: bool = False
    """Keep the raw bytes of quarantined records beside the redacted excerpt."""
    quarantine_alarm_share: float = Field(default=0.05, ge=0, le=1)
    """A share of newly quarantined records above this makes the run end with exit code 3."""
    workers: int = Field(default=0, ge=0)
    """Processes that decode; 0 means one for each core."""


class StoreSettings(_Section):
    """``[store]``"""

    wait_seconds: float = Field(default=60, ge=0)
    """How long to wait for another process that holds the store before giving up."""


class ReviewSettings(_Section):
    """``[review]``"""

    budget: int = Field(default=50, ge=0)
    """How many tasks may wait for an answer; a plan fills up to this."""
    random_share: float = Field(default=0.10, ge=0, le=1)
    """Share of the budget drawn at random: what calibration and recall are measured on."""
    seed: int = 0
    """Seed of the random share."""


class ExportSettings(_Section):
    """``[export]``"""

    recipes: list[str] = Field(default_factory=lambda: ["recovery-sft", "recovery-rft"])
    """The recipes that the nightly flow exports."""


class TuneSettings(_Section):
    """``[tune]``"""

    provider: str = "openai"
    """The provider that ``job submit`` uses where no other is named."""
    base_url: str | None = None
    """Another address for the provider's API, such as an Azure resource or a mock server."""


class JudgeSettings(_Section):
    """``[judge]``"""

    enabled: bool = False
    """Have a model vote on doubtful episodes each night, after tagging; a vote is a signal and decides nothing."""
    base_url: str = "https://api.openai.com/v1"
    """Address of an OpenAI-compatible endpoint."""
    model: str | None = None
    """The model to ask."""
    api_key_env: str = "OPENAI_API_KEY"
    """The environment variable that holds the key; a server on this machine needs none."""
    concurrency: int = Field(default=4, ge=1, le=64)
    """Requests under way at a time."""
    requests_per_minute: int = Field(default=60, ge=1)
    """The endpoint's own limit, or less."""
    tokens_per_minute: int = Field(default=100_000, ge=1)
    """The endpoint's own limit, or less; prompt and the longest answer count."""
    window: int = Field(default=6, ge=1, le=50)
    """Actions shown after the episode, and half as many before it."""
    window_characters: int = Field(default=14_000, ge=2_000)
    """Characters of the trace that one request shows at most."""
    output_tokens: int = Field(default=2_000, ge=200)
    """Tokens that one answer may have, reasoning included."""
    max_tokens: int = Field(default=500_000, ge=0)
    """Tokens that may be spent in any 24 hours."""
    max_usd: float | None = Field(default=None, ge=0)
    """US dollars that may be spent in any 24 hours; needs both prices."""
    input_usd_per_million: float | None = Field(default=None, ge=0)
    """Price of a million prompt tokens; not set: unknown, and shown as unknown."""
    output_usd_per_million: float | None = Field(default=None, ge=0)
    """Price of a million tokens of answers."""
    timeout_seconds: float = Field(default=120, gt=0)
    """How long one answer may take."""
    retries: int = Field(default=4, ge=0)
    """How often a request is sent again after a fault of the endpoint."""


class Settings(_Section):
    """The whole of ``reroute.toml``."""

    data_dir: str = "data"
    """Folder of the store, the lake, the outbox and the datasets; relative to reroute.toml."""
    sources: list[SourceSettings] = Field(default_factory=list)
    collect: CollectSettings = CollectSettings()
    store: StoreSettings = StoreSettings()
    review: ReviewSettings = ReviewSettings()
    export: ExportSettings = ExportSettings()
    tune: TuneSettings = TuneSettings()
    judge: JudgeSettings = JudgeSettings()

    @field_validator("sources")
    @classmethod
    def _names_differ(cls, sources: list[SourceSettings]) -> list[SourceSettings]:
        """A name is part of the identity of every run: one name for two places makes one run of two."""
        first: dict[str, int] = {}
        for number, source in enumerate(sources):
            other = first.setdefault(source.name, number)
            if other != number:
                raise PydanticCustomError(
                    "equal_names",
                    "[[sources]] number {one} ({one_path}) and number {two} ({two_path}) both have the name `{name}`. "
                    "Give each a name of its own: it is part of the identity of every run",
                    {
                        "one": other + 1, "one_path": sources[other].path,
                        "two": number + 1, "two_path": source.path, "name": source.name,
                    },
                )  # fmt: skip
        return sources


@dataclass(frozen=True)
class Project:
    """A project folder: its settings and where its things lie."""

    root: Path
    settings: Settings

    @property
    def data_dir(self) -> Path:
        return (self.root / self.settings.data_dir).resolve()

    @property
    def store_path(self) -> Path:
        return self.data_dir / "reroute.duckdb"

    @property
    def journal(self) -> Path:
        """What the store alone knows, a line a transaction; ``reroute rebuild`` makes a lost store from it."""
        return self.data_dir / "journal.jsonl"

    @property
    def lake(self) -> Path:
        """Parts: ``steps/<part>.parquet``, ``trajectories/<part>.parquet``, ``features/...``."""
        return self.data_dir / "lake"

    @property
    def outbox(self) -> Path:
        """Review tasks, as files that Label Studio imports."""
        return self.data_dir / "outbox"

    @property
    def datasets(self) -> Path:
        """``<recipe>/<version>/`` folders."""
        return self.data_dir / "datasets"

    @property
    def published(self) -> Path:
        """Read-only copies of the store as Parquet, and the pointer file ``current``."""
        return self.data_dir / "published"

    @property
    def reports(self) -> Path:
        return self.data_dir / "reports"

    @property
    def key_path(self) -> Path:
        """The key that placeholders are hashed with; outside the store, readable by the owner alone."""
        return self.data_dir / "keys" / "redaction.key"


def load(root: Path | None = None) -> Project:
    """The project at ``root`` (default: the working directory); every default where there is no reroute.toml.

    Raises ConfigError that names the file, the key and what was expected, or a folder that is not there.
    """
    root = (root or Path.cwd()).resolve()
    if not root.is_dir():
        # Every default in a folder of its own making would be a night that looks well and reads nothing.
        raise ConfigError(f"Looking for {FILE_NAME} in {root}: there is no such folder. Correct the path, or make it.")
    path = root / FILE_NAME
    if not path.exists():
        return Project(root, Settings())
    try:
        return Project(root, Settings.model_validate(tomllib.loads(path.read_text("utf-8"))))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"Reading {path}: this is not TOML ({error}).") from error
    except ValidationError as error:
        raise ConfigError(f"Reading {path}: {_first_problem(error)}") from error


def _first_problem(error: ValidationError) -> str:
    # A misspelt key comes before the required one that is missing because of it.
    first = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"unknown key `{where}`.{_nearest(where)} `reroute init --print` shows every key with its default."
    if first["type"] == "equal_names":
        return f"{first['msg']}."
    return f"`{where}`: {first['msg']} (found {first['input']!r}). `reroute init --print` shows every key."


def _nearest(unknown: str) -> str:
    """A question that names the known key spelt most like an unknown one, its own section first; empty if none is."""
    known: list[str] = []
    for name, info in Settings.model_fields.items():
        known.append(name)
        kind = next(iter(get_args(info.annotation)), info.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            known += [f"{name}.{key}" for key in kind.model_fields]
    section, _, name = unknown.rpartition(".")
    known.sort(key=lambda key: key.split(".")[0] == section.split(".")[0])
    by_name = {key.rpartition(".")[2]: key for key in known}
    alike = get_close_matches(name, by_name, n=1)
    return f" Did you mean `{by_name[alike[0]]}`?" if alike else ""
