"""The columns of every frame of features, each with its type and meaning.

An action is a call with its result, if it has one; ``action`` counts them from 0 inside (trajectory_id, version, lane).
A note is a message or reasoning step of a person or the agent. ``actions`` and ``notes`` are handed to the models;
what lies between is the work of one module for the next: ``STEPS`` -> ``LOCATED`` -> ``CALLS`` -> ``OBSERVED`` ->
``PAGES`` -> ``USES`` -> ``FACTS`` and ``WALKED`` -> ``CHECKS`` -> ``EVIDENCE`` and ``JUDGED`` -> ``ACTIONS``, each with
the columns of those before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl
import pyarrow as pa

Columns = tuple[tuple[str, str, str], ...]
"""Name, type (a name of ``_TYPES``) and meaning of each."""

FAMILIES = (
    "shell", "edit", "read", "search", "code_search", "browse", "ui", "check", "api", "plan", "message",
)  # fmt: skip
"""What an action is for; ``plan`` and ``message`` have no observation from outside the model."""

_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(), "int": pa.int32(), "row": pa.uint32(), "long": pa.int64(), "double": pa.float64(),
    "bool": pa.bool_(), "time": pa.timestamp("us", tz="UTC"), "texts": pa.list_(pa.string()),
    "ints": pa.list_(pa.int32()),
    "signals": pa.list_(pa.struct([
        pa.field("signal", pa.string()),        # of signals.csv
        pa.field("firm", pa.bool_()),           # sure enough to count without a person
        pa.field("field", pa.string()),         # content, exit_code, http_status (of the result), arguments, tool
        pa.field("span_start", pa.int32()),     # characters into the field
        pa.field("span_end", pa.int32()),
        pa.field("quote", pa.string()),         # what stands there
    ])),
}  # fmt: skip

STEPS = (
    "trajectory_id", "version", "step", "turn", "lane", "parent_step", "role", "type", "agent", "call_id", "tool",
    "arguments", "content", "status", "exit_code", "http_status", "approval", "approved_by", "started_at",
    "input_tokens", "output_tokens", "cost_usd", "forked_at", "ends_call",
)  # fmt: skip
"""What is read of the steps; types and meaning: ``trace.steps_schema``."""

FORKS: Columns = (
    ("forked_from", "text", "the lane whose steps the lane shares up to forked_step; null: it shares none"),
    ("forked_key", "long", "number of that lane"),
    ("forked_step", "int", "the last step that it shares"),
    ("forked_after", "int", "calls of that lane up to it"),
    ("given_up", "bool", "a branch that the person or the harness went back from, or a lane that begins in one"),
)
"""Of a lane, in each of its steps, part of ``LOCATED``."""

LOCATED: Columns = (
    ("row", "long", "place in the given steps"),
    ("run", "long", "one number a trajectory version"),
    ("is_call", "bool", "a call of the agent's; a person may have tools too"),
    ("lane_key", "long", "one number a lane, in order of first appearance"),
    ("actions_before", "int", "calls of the lane before the step"),
    *FORKS,
)
"""Beside ``STEPS``: where a step lies, sorted by lane and step."""

CALLS: Columns = (
    ("action", "int", "number of the call inside its lane, from 0"),
    ("sibling", "int", "0-based among the calls of one turn"),
    ("approval", "text", "the last word on the call: of its result, of the steps that name it, of itself"),
    ("result_step", "int", "step of the result; this and the next are null where there is none"),
    ("result_content", "text", "what the result shows"),
    ("result_status", "text", "what the source states: ok, error, denied, unknown"),
    ("result_exit_code", "int", "exit code that the source states"),
    ("result_http_status", "int", "status of HTTP that the source states"),
    ("result_approval", "text", "approval that the result states"),
    ("result_approved_by", "text", "who gave or refused it, as the source names it"),
    ("row_approval", "text", "approval that steps of type approval state"),
    ("row_approved_by", "text", "who gave or refused that"),
)
"""One row a call: ``LOCATED`` without what belongs to the result."""

OBSERVED: Columns = (
    ("observation_chars", "int", "characters of the result; 0 without one"),
    ("obs", "text", "its first 4 kB and last 1 kB, without metadata of pages"),
    ("empty", "bool", "it shows nothing, or says that there is nothing"),
    ("bare", "bool", "nothing but the word error"),
    ("shape", "text", "none, empty, json_object, json_array or text"),
)

PAGES: Columns = (
    ("page", "text", "address of the page that the result shows, or its title where no address is stated"),
    ("page_title", "text", "its title"),
    ("page_place", "text", "how far down it is shown, in the source's words"),
    ("page_body", "text", "the result from title and address on: what the harness says of the action comes before"),
    ("page_seen", "text", "the text that was read off a picture of it"),
    ("cut_at", "int", "where metadata begin, in characters of the result"),
    ("cut_chars", "int", "how many characters they take; 0 for none"),
    ("gesture", "text", "browse, ui: click, type, select, press, scroll, look, drag or open"),
)

USES: Columns = (
    ("lane_key", "long", "lane of the search"),
    ("action", "int", "its number there"),
    ("opened", "bool", "a link of the result was opened or given later"),
    ("echoes", "int", "rare words of the result that the agent says or asks for later; null where no text is shown"),
    ("answered", "int", "such words in its last message; null where none follows"),
    ("task_words", "int", "words of the query that a person had said"),
)
"""One row a search in words."""

FACTS: Columns = (
    ("family", "text", "one of FAMILIES"),
    ("program", "text", "shell: the program that owns the status"),
    ("external", "bool", "something outside the model answers"),
    ("writes", "bool", "it changes something"),
    ("probe", "bool", "it only asks whether something is there"),
    ("query", "bool", "a search in free words"),
    ("any_status", "bool", "its exit code says nothing"),
    ("trusted", "bool", "its own exit status is the one that the source states"),
    ("signature", "text", "16 hex digits, equal for calls that ask for the same thing"),
    ("check_id", "text", "which check it runs: program, what it is pointed at, the options that select"),
    ("check_kind", "text", "test, build, types or lint"),
    ("check_script", "bool", "a check only where the agent did not write the script"),
    ("printed", "bool", "it prints what files, pages or logs contain"),
    ("targets", "texts", "what it is about, each with its sort: file:, url:, id:, test:, element:, need:"),
    ("written", "texts", "the files among them that it changes"),
    ("slots", "texts", "name=value of its plain arguments"),
    ("expected", "ints", "exit codes besides 0 that are no failure"),
    ("text", "text", "the beginning of its arguments, from which tokens are cut"),
)
"""One row a distinct call, joined to the actions that make it (:class:`facts.Facts`)."""

WALKED: Columns = (
    ("fact", "row", "which of the distinct calls it is"),
    ("tokens", "texts", "words of the arguments, in small letters"),
    ("own_script", "bool", "it runs what the agent wrote itself to see something, not to change something"),
    ("control", "bool", "a check that ran while the agent had taken its changes back"),
    ("last", "bool", "in the last turn of its lane"),
)
"""What depends on the order of the calls, beside ``FACTS``."""

CHECKS: Columns = (
    ("failed_ids", "texts", "what failed, by the check's report"),
    ("passed_ids", "texts", "what passed"),
    ("failed_count", "int", "how many failed, where the report counts them"),
    ("passed_count", "int", "how many passed"),
    ("check_result", "text", "red, green or unknown; null where the family is not check"),
)
"""One row an action, in their order."""

EVIDENCE: Columns = (
    ("at", "row", "place of the action among all"),
    ("signals", "signals", "the signs of failure, the most specific first"),
    ("error_template", "text", "the error's line with quoted text, paths, ids and numbers replaced"),
    ("named_slots", "texts", "names and values of arguments that the error's text says"),
    ("entered", "texts", "folders that could not be entered"),
    ("fails", "bool", "a firm sign of failure"),
    ("doubtful", "bool", "a sign of failure, firm or not, or one that was left out"),
    ("instructed", "bool", "the observation tells the agent what to do"),
)
"""One row an action with a signal or a doubt."""

JUDGED: Columns = (
    ("scope", "text", "what the source states of the result: error, ok or unstated; none without a result"),
    ("hint_tokens", "texts", "words of the observation of an action that is doubtful or instructs the agent"),
    ("outcome_hint", "text", "ok, fail, or unknown where no rule can judge; decides no kind"),
)
"""One row an action: ``EVIDENCE`` joined, without ``instructed``."""

SAID: Columns = (
    ("lane_key", "long", "lane of the action"),
    ("action", "int", "its number there"),
    ("user_tokens", "texts", "the words that a person said since the action before"),
)
"""One row an action before which a person spoke."""

UNSUPPORTED: Columns = (
    ("run", "long", "as in LOCATED"),
    ("step", "int", "step of the message"),
    ("unsupported", "texts", "of the agent's last words: things that no step of the run shows"),
)

_KEYS: Columns = (
    ("trajectory_id", "text", "the run"),
    ("version", "text", "its version"),
    ("lane", "text", "the main agent or one of its sub-agents or branches"),
    *(column for column in FORKS if column[0] != "forked_key"),
)
_COST: Columns = (
    ("tokens_before", "long", "input and output of the lane's turns before the action's; null: none is stated"),
    ("tokens_through", "long", "and of its own turn"),
    ("cost_before", "double", "US dollars of the lane's turns before the action's; null: none is stated"),
    ("cost_through", "double", "and of its own turn"),
)
TURNS: Columns = (("lane_key", "long", "lane of the turn"), ("turn", "int", "as in the steps"), *_COST)
"""One row a turn, whether it calls anything or not, in order inside its lane."""

_PARTS = (CALLS, OBSERVED, PAGES, USES, FACTS, WALKED, CHECKS, EVIDENCE, JUDGED, SAID)
_NAMED = {column[0]: column for part in _PARTS for column in part}

ACTIONS: Columns = (
    *_KEYS, _NAMED["action"],
    ("call_step", "int", "step of the call"),
    _NAMED["result_step"],
    ("turn", "int", "response of the model that made it"),
    _NAMED["sibling"],
    ("tool", "text", "name of the tool"),
    *(_NAMED[name] for name in ("program", "family", "gesture", "page", "opened", "echoes", "answered", "task_words")),
    *(_NAMED[name] for name in ("external", "writes", "probe")),
    *(_NAMED[name] for name in ("own_script", "control")),
    ("status", "text", "what the source states of the result"),
    ("exit_code", "int", "exit code of the result"),
    ("http_status", "int", "status of HTTP of the result"),
    *(_NAMED[name] for name in ("approval", "signature", "check_id", "targets")),
    ("writes_targets", "texts", "the files among the targets that it changes"),
    *(_NAMED[name] for name in ("tokens", "slots", "outcome_hint")),
    ("observation_hash", "text", "of the result, with what changes by itself masked; null without one"),
    ("observation_chars", "int", "characters of the result, without metadata of pages"),
    *(_NAMED[name] for name in ("empty", "shape", "signals", "error_template", "named_slots", "hint_tokens")),
    *CHECKS,
    ("user_before", "bool", "a person spoke since the action before it"),
    _NAMED["user_tokens"],
    ("started_at", "time", "when the call began"),
    *_COST,
)  # fmt: skip

NOTES: Columns = (
    *_KEYS,
    ("step", "int", "step of the message"),
    ("turn", "int", "response of the model that holds it"),
    ("role", "text", "user, assistant or, for an event, what the source says"),
    ("type", "text", "message, reasoning or event; what another agent takes up is reasoning"),
    ("agent", "text", "name of the agent that speaks"),
    ("after_action", "int", "actions of the lane before it"),
    ("acknowledges", "bool", "it says that something failed"),
    ("reports", "bool", "it tells the person what could not be done"),
    ("hands_over", "bool", "it hands the task to a person"),
    ("claims_success", "bool", "it says that the task is done"),
    ("withdraws", "bool", "it gives the task up"),
    ("asks", "bool", "it ends by asking the person"),
    ("claims_change", "bool", "it says that something was changed"),
    ("blames", "bool", "it finds fault with the request"),
    ("stalled", "bool", "it says that nothing moves on"),
    UNSUPPORTED[-1],
    ("tokens", "texts", "words of a person's message"),
    ("is_last", "bool", "the last message of its lane"),
    ("limit", "text", "the limit that the harness names: length, context, steps, cost or time"),
)


def actions_schema() -> pa.Schema:
    """Arrow schema of ``actions``, ordered by call_step inside (trajectory_id, version, lane)."""
    return pa.schema([pa.field(name, _TYPES[kind]) for name, kind, _ in ACTIONS])


def notes_schema() -> pa.Schema:
    """Arrow schema of ``notes``, ordered by step inside (trajectory_id, version, lane)."""
    return pa.schema([pa.field(name, _TYPES[kind]) for name, kind, _ in NOTES])


def polars_schema(columns: Columns) -> dict[str, pl.DataType]:
    """Names and types of ``columns`` as Polars has them."""
    return {name: pl.Series(pl.from_arrow(pa.array([], _TYPES[kind]))).dtype for name, kind, _ in columns}


def build_frame(columns: Columns, values: Iterable[Sequence[object]]) -> pl.DataFrame:
    """A frame of ``columns`` from a sequence of values for each, in their order.

    By way of Arrow: Polars' own builder takes ten times as long for lists.
    """
    given = zip(columns, values, strict=True)
    arrays = [(name, pa.array(cells, _TYPES[kind])) for (name, kind, _), cells in given]
    return pl.DataFrame([pl.Series(name, pl.from_arrow(array)) for name, array in arrays])
