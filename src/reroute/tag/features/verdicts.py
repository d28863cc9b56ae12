"""Signals, check results, error templates and the outcome hint of every action."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from reroute.tag.features import bodies, evidence, results, signals
from reroute.tag.features.facts import Facts
from reroute.tag.features.judge import Case, judge
from reroute.tag.features.rules import Rules

_SIGPIPE = 141


def judged(frame: pl.DataFrame, facts: Sequence[Facts], rules: Rules) -> pl.DataFrame:
    """The frame with ``signals``, the error's template and words, the check's columns and ``outcome_hint``."""
    frame = frame.with_row_index("at").with_columns(scope=_scope(rules))
    frame, reports = results.checked(frame, rules)
    by_output = pl.col("check_result").is_in(["red", "green"]).fill_null(value=False)
    shown = frame.filter((pl.col("scope") != "none") & ~by_output).select(
        "at", pl.col("obs").fill_null(""), "family", "scope", "fact", "printed"
    )
    hits = bodies.with_stated(signals.matches(shown, [fact.names for fact in facts], rules), frame, rules)
    cases = frame.select(
        "at", "fact", "family", "scope", "approval", "approved_by", "own_script", "last", "check_result", "query",
        "cut_at", "cut_chars", pl.col("obs").fill_null(""), status="result_status", exit_code="result_exit_code",
        http_status="result_http_status", chars="observation_chars",
        empty=pl.col("obs").is_not_null() & pl.col("empty"),
    )  # fmt: skip
    marked = [index for index, fact in enumerate(facts) if fact.hands_over or fact.claims_done]
    cases = cases.filter(  # all others carry no signal
        pl.col("at").is_in(list(hits))
        | pl.col("fact").is_in(marked)
        | (pl.col("scope") == "error")
        | (pl.col("check_result") == "red").fill_null(value=False)
        | (pl.col("query") & pl.col("empty") & (pl.col("family") == "search"))
        | ((pl.col("scope") == "none") & ~pl.col("last"))
    )
    rows: list[evidence.Described] = []
    for row in cases.drop("query").iter_rows(named=True):
        at, fact = row["at"], facts[row.pop("fact")]
        case = Case(facts=fact, hits=hits.get(at, ()), report=reports.get(at), **row)
        rows.append(evidence.described(case, judge(case, rules), rules))
    frame = evidence.joined(frame, [row for row in rows if row.signals or row.doubtful], rules)
    unparsed = (pl.element().struct.field("signal") == "syntax_error") & pl.element().struct.field("firm")
    broken = pl.col("signals").list.eval(unparsed).list.any()  # code that no longer parses shows nothing of before
    return frame.with_columns(_outcome_hint(), control=pl.col("control") & ~broken)


def _scope(rules: Rules) -> pl.Expr:
    """What the source states of the result: error, ok, unstated; none where there is no result."""
    code, status = pl.col("result_exit_code"), pl.col("result_status")
    crashed = pl.col("obs").str.contains(rules.phrases.crashed).fill_null(value=False)
    quiet = (pl.col("any_status") & ~crashed) | pl.col("expected").list.contains(code) | (code == _SIGPIPE)
    silent = (pl.col("empty") | pl.col("bare")) & (pl.col("expected").list.len() > 0)
    ok, error = pl.lit("ok"), pl.lit("error")
    return (
        pl.when(pl.col("result_step").is_null())
        .then(pl.lit("none"))
        .when(status == "denied")
        .then(error)
        .when((code == 0) & (status != "error"))
        .then(ok)
        .when(code.is_not_null() & (code != 0))
        .then(pl.when(quiet).then(ok).otherwise(error))
        .when(status == "error")
        .then(pl.when(silent).then(ok).otherwise(error))
        .when(pl.col("result_http_status") >= 400)
        .then(error)
        .when(status == "ok")
        .then(ok)
        .otherwise(pl.lit("unstated"))
    )


def _outcome_hint() -> pl.Expr:
    """Never decides a kind: ok, fail, or unknown where no rule can judge."""
    good = ~(pl.col("empty") | pl.col("fails") | pl.col("doubtful"))
    usual = pl.col("shape") == pl.col("shape").filter(good).mode().sort().first().over("run", "tool")
    ok, fail, unknown = pl.lit("ok"), pl.lit("fail"), pl.lit("unknown")
    return (
        pl.when(pl.col("fails"))
        .then(fail)
        .when((pl.col("scope") == "none") | pl.col("doubtful"))
        .then(unknown)
        .when(~pl.col("external"))
        .then(ok)
        .when(pl.col("check_result").is_not_null())
        .then(pl.when(pl.col("check_result") == "green").then(ok).otherwise(unknown))
        .when(pl.col("scope") == "ok")
        .then(ok)
        .when((pl.col("scope") == "unstated") & ~pl.col("empty") & usual.fill_null(value=True))
        .then(ok)
        .otherwise(unknown)
        .alias("outcome_hint")
    )
