"""The two tables that features hand to the models: ``actions`` and ``notes``.

An action is a call with its result, if it has one; ``action`` counts them from 0 inside (trajectory_id, version, lane).
A note is a message or reasoning step of a person or the agent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

FAMILIES = (
    "shell", "edit", "read", "search", "code_search", "browse", "ui", "check", "api", "plan", "message",
)  # fmt: skip
"""What an action is for; ``plan`` and ``message`` have no observation from outside the model."""

_KEYS = (("trajectory_id", "text"), ("version", "text"), ("lane", "text"))

_ACTIONS = (
    *_KEYS,
    ("action", "int"), ("call_step", "int"), ("result_step", "int"), ("turn", "int"),
    ("sibling", "int"),             # 0-based among the calls of one turn
    ("tool", "text"),
    ("program", "text"),            # shell: the program that owns the status
    ("family", "text"),             # one of FAMILIES
    ("gesture", "text"),            # browse, ui: click | type | select | press | scroll | look | drag | open
    ("page", "text"),               # address, or title, of the page that the result shows
    ("opened", "bool"),             # search: a link of the result was opened or given later
    ("echoes", "int"),              # search: rare words of the result that the agent says or asks for later
    ("answered", "int"),            # search: such words in its last message; null where none follows
    ("task_words", "int"),          # search: words of the query that a person had said
    ("external", "bool"), ("writes", "bool"), ("probe", "bool"), ("own_script", "bool"), ("control", "bool"),
    ("status", "text"), ("exit_code", "int"), ("http_status", "int"), ("approval", "text"),
    ("signature", "text"), ("check_id", "text"),
    ("targets", "texts"), ("writes_targets", "texts"), ("tokens", "texts"), ("slots", "texts"),
    ("outcome_hint", "text"),       # ok | fail | unknown
    ("observation_hash", "text"), ("observation_chars", "int"), ("empty", "bool"), ("shape", "text"),
    ("signals", "signals"),
    ("error_template", "text"), ("named_slots", "texts"), ("hint_tokens", "texts"),
    ("failed_ids", "texts"), ("passed_ids", "texts"), ("failed_count", "int"), ("passed_count", "int"),
    ("check_result", "text"),       # red | green | unknown; null where the family is not check
    ("user_before", "bool"), ("user_tokens", "texts"),
    ("started_at", "time"), ("input_tokens", "long"), ("output_tokens", "long"), ("cost_usd", "double"),
)  # fmt: skip

_NOTES = (
    *_KEYS,
    ("step", "int"), ("turn", "int"), ("role", "text"), ("type", "text"), ("agent", "text"),
    ("after_action", "int"),        # actions of the lane before it
    ("acknowledges", "bool"), ("reports", "bool"), ("hands_over", "bool"), ("claims_success", "bool"),
    ("withdraws", "bool"), ("asks", "bool"), ("claims_change", "bool"), ("blames", "bool"), ("stalled", "bool"),
    ("unsupported", "texts"),       # of the agent's last words: things that no step of the run shows
    ("tokens", "texts"),            # of messages of the person alone
    ("is_last", "bool"),
    ("limit", "text"),              # length | context | steps | cost | time
)  # fmt: skip


def actions_schema() -> pa.Schema:
    """Arrow schema of ``actions``, ordered by call_step inside (trajectory_id, version, lane)."""
    return _schema(_ACTIONS)


def notes_schema() -> pa.Schema:
    """Arrow schema of ``notes``, ordered by step inside (trajectory_id, version, lane)."""
    return _schema(_NOTES)


def _schema(columns: tuple[tuple[str, str], ...]) -> pa.Schema:
    import pyarrow as pa

    signal = pa.struct(
        [
            pa.field("signal", pa.string()),
            pa.field("firm", pa.bool_()),
            pa.field("field", pa.string()),
            pa.field("span_start", pa.int32()),
            pa.field("span_end", pa.int32()),
            pa.field("quote", pa.string()),
        ]
    )
    types = {
        "text": pa.string(), "int": pa.int32(), "long": pa.int64(), "double": pa.float64(), "bool": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"), "texts": pa.list_(pa.string()), "signals": pa.list_(signal),
    }  # fmt: skip
    return pa.schema([pa.field(name, types[kind]) for name, kind in columns])
