"""The canonical record: what every format is read into and every later stage reads.

A trajectory is one run of one agent system on one task. Its steps are rows in order: one for each message, reasoning
item, call, result or approval. Only what the source itself states is filled in; everything else stays null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA_VERSION = 2

Role = Literal["system", "developer", "user", "assistant", "tool"]
StepType = Literal["message", "reasoning", "call", "result", "approval", "event"]
Status = Literal["ok", "error", "denied", "unknown"]
Approval = Literal["requested", "granted", "denied", "auto"]
OutcomeValue = Literal["pass", "fail", "unknown"]
OutcomeSource = Literal["verifier", "human", "declared"]


class Step(msgspec.Struct, kw_only=True, gc=False):
    """One row of a trajectory. ``step`` (0-based, dense) is set by :func:`number` once all steps are known."""

    step: int = 0
    """0-based, without gaps over the whole run."""
    turn: int = 0
    """One model response; parallel calls of one response share it."""
    lane: str = "main"
    """One line of work with a context of its own: the main agent, each sub-agent, each side chain."""
    parent_step: int | None = None
    """A result's call; a sub-agent's first step's call in the lane above."""
    role: Role
    """Whose step it is."""
    type: StepType
    """What it is; an event is a fact of the harness, such as a limit."""
    agent: str | None = None
    """The agent that acts, as the source names it."""
    call_id: str | None = None
    """The source's id of a call, which its result repeats."""
    tool: str | None = None
    """The tool that is called, or that answers."""
    arguments: str | None = None
    """JSON text of the call's arguments; an object wherever the source's is one."""
    content: str | None = None
    """The text of a message, a reasoning item, a result or an event."""
    status: Status = "unknown"
    """Of a result: only what the source itself states."""
    exit_code: int | None = None
    """Of a result: the command's, as the source states it."""
    http_status: int | None = None
    """Of a result: the service's, as the source states it."""
    approval: Approval | None = None
    """What was asked of a person or a guardrail, or answered."""
    approved_by: str | None = None
    """Who answered, as the source names it."""
    effort: str | None = None
    """Reasoning effort that the source states."""
    model: str | None = None
    """The model that answered."""
    started_at: int | None = None
    """Microseconds since the epoch, UTC."""
    media: list[str] = msgspec.field(default_factory=list)
    """References to images and files; never their bytes."""
    duration_ms: float | None = None
    """Milliseconds that the step took."""
    input_tokens: int | None = None
    """Of the response; like all counts and the cost right in sum over its steps, and mostly on the first."""
    output_tokens: int | None = None
    """Of the response that the step belongs to."""
    reasoning_tokens: int | None = None
    """Those of the output that are reasoning."""
    cached_tokens: int | None = None
    """Those of the input that came from a cache."""
    cost_usd: float | None = None
    """US dollars, as the source states them."""
    redactions: int = 0
    """Placeholders that redaction put into the step."""
    source_index: int = 0
    """0-based index of the record in its source."""
    source_pointer: str = ""
    """JSON pointer inside that record."""
    file: str | None = None
    """The file of that record, where it is another one of the run's session than the run's own."""
    record_id: str | None = None
    """The source's id of the record (uuid, item or message id), which copies of a history may share."""
    forked_at: int | None = None
    """Of the first step of a lane that shares history (an abandoned branch, an agent that begins with its parent's
    messages): the step, in another lane, after which it goes on."""
    ends_call: int | None = None
    """The earlier call of which this step states how it ended: a notification about a background command, the last look
    at a long one."""


class Outcome(msgspec.Struct, kw_only=True, frozen=True):
    """How a run ended, by somebody who could know; never by the agent's own words."""

    outcome: OutcomeValue
    source: OutcomeSource
    reward: float | None = None
    at: int | None = None
    """Microseconds since the epoch, UTC."""


class Trajectory(msgspec.Struct, kw_only=True):
    """A run as a reader hands it on: the header's facts and its steps, not yet redacted."""

    format: str
    steps: list[Step]
    run_id: str | None = None
    """The id that the source declares; None where there is none that is unique (the content hash serves then)."""
    parent_run: str | None = None
    """The run id that the source declares as the one that this run was forked from, continues or works for."""
    file: str | None = None
    """The companion that holds the run's first record; None: the document itself."""
    task_id: str | None = None
    task: str | None = None
    agent: str | None = None
    model: str | None = None
    started_at: int | None = None
    ended_at: int | None = None
    tools: str | None = None
    """JSON text: the tool schemas offered to the agent, where the source has them."""
    split_group: str | None = None
    """What must not be split between training and validation: the task, repository or site."""
    metadata: dict[str, object] = msgspec.field(default_factory=dict)
    outcome: Outcome | None = None
    source_index: int = 0
    """0-based index of the (first) record in its source."""


class Header(msgspec.Struct, frozen=True):
    """One row of ``lake/trajectories``, redacted; :func:`trajectories_schema` has its columns."""

    trajectory_id: str
    """The run: hash of the source's name and the run id that it declares, else of the content."""
    version: str
    """The trajectory version: the prefix hash of its last step."""
    source: str
    """Name of the source in reroute.toml."""
    path: str
    """Of its file, relative to the source."""
    format: str
    """Name of the format that read it."""
    run_id: str | None
    """The id that the source declares; None where there is none that is unique (the content hash serves then)."""
    parent_run: str | None
    """The run id that the source declares as the one that this run was forked from, continues or works for."""
    task_id: str | None
    """The task, as the source names it; equal in all runs of one task."""
    task: str | None
    """What was asked, in words."""
    agent: str | None
    """The agent that ran, as the source names it."""
    model: str | None
    """The model that answered, as the source names it."""
    started_at: int | None
    """Microseconds since the epoch, UTC, by the trace's own clock."""
    ended_at: int | None
    """Microseconds since the epoch, UTC, by the trace's own clock."""
    tools: str | None
    """JSON text: the tool schemas offered to the agent, where the source has them."""
    split_group: str | None
    """What must not be split between training and validation: the task, repository or site."""
    steps: int
    """Rows of lake/steps."""
    input_tokens: int | None
    """Sum over the steps; null: not stated."""
    output_tokens: int | None
    """Sum over the steps; null: not stated."""
    reasoning_tokens: int | None
    """Sum over the steps; null: not stated."""
    cached_tokens: int | None
    """Sum over the steps; null: not stated."""
    cost_usd: float | None
    """Sum over the steps; null: not stated."""
    source_index: int
    """0-based index of the (first) record in its source."""
    metadata: str
    """JSON text of an object: whatever else the source states of the run."""


class Rejected(msgspec.Struct, kw_only=True, frozen=True):
    """A record that could not be read. ``excerpt`` is raw: redact before it is stored or shown."""

    index: int
    """0-based index of the record in its source; -1 for the whole file."""
    offset: int
    """Byte offset of the record in its file."""
    reason: str
    excerpt: bytes = b""
    sha256: str = ""
    file: str | None = None
    """The companion that it stands in; None: the document itself."""


def number(steps: list[Step]) -> list[Step]:
    """Set ``step`` to 0, 1, 2 ... in place and return the list."""
    for index, step in enumerate(steps):
        step.step = index
    return steps


def steps_schema() -> pa.Schema:
    """Arrow schema of ``lake/steps``: the identity, the prefix hash through the step, its content and path hash
    (:func:`reroute.hashes.content_hashes`), then the fields of Step.
    """
    import pyarrow as pa

    types = {
        "step": pa.int32(), "turn": pa.int32(), "parent_step": pa.int32(), "exit_code": pa.int32(),
        "http_status": pa.int32(), "started_at": pa.timestamp("us", tz="UTC"), "duration_ms": pa.float64(),
        "input_tokens": pa.int64(), "output_tokens": pa.int64(), "reasoning_tokens": pa.int64(),
        "cached_tokens": pa.int64(), "cost_usd": pa.float64(), "media": pa.list_(pa.string()),
        "redactions": pa.int32(), "source_index": pa.int64(), "forked_at": pa.int32(),
        "ends_call": pa.int32(),
    }  # fmt: skip
    own = [pa.field(name, types.get(name, pa.string())) for name in Step.__struct_fields__]
    hashes = [pa.field(name, pa.uint64()) for name in ("content_hash", "path_hash")]
    return pa.schema(
        [pa.field(name, pa.string()) for name in ("trajectory_id", "version", "prefix_hash")] + hashes + own,
        metadata={"reroute.schema_version": str(SCHEMA_VERSION)},
    )


def trajectories_schema() -> pa.Schema:
    """Arrow schema of ``lake/trajectories``: the fields of Header; sums are null where nothing was stated."""
    import pyarrow as pa

    types = {
        "started_at": pa.timestamp("us", tz="UTC"), "ended_at": pa.timestamp("us", tz="UTC"), "steps": pa.int32(),
        "input_tokens": pa.int64(), "output_tokens": pa.int64(), "reasoning_tokens": pa.int64(),
        "cached_tokens": pa.int64(), "cost_usd": pa.float64(), "source_index": pa.int64(),
    }  # fmt: skip
    return pa.schema(
        [pa.field(name, types.get(name, pa.string())) for name in Header.__struct_fields__],
        metadata={"reroute.schema_version": str(SCHEMA_VERSION)},
    )
