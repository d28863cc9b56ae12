-- One row a sign of a failure: what a rule saw, where, and the words that show it.
-- Grain: (lane_key, step, kind, signal, span_start).
-- Reason: the one place where findings of all kinds meet; a new kind is one model, its line here, its row in the
-- lexicon `kinds` and a case.

with signs as (
    select *, from shell_errors
    union all by name
    select *, from edit_rejections
    union all by name
    select *, from red_checks
    union all by name
    select *, from invalid_calls
    union all by name
    select *, from rejected_calls
    union all by name
    select *, from transient_failures
    union all by name
    select *, from denied_auths
    union all by name
    select *, from denied_approvals
    union all by name
    select *, from search_misses
    union all by name
    select *, from search_drifts
    union all by name
    select *, from dead_pages
    union all by name
    select *, from idle_gestures
    union all by name
    select *, from stalls
    union all by name
    select *, from limit_hits
    union all by name
    select *, from unapproved_calls
    union all by name
    select *, from commanded_actions
    union all by name
    select *, from unsupported_answers
    union all by name
    select *, from blamed_users
)

select
    lanes.trajectory_id,
    lanes.version,
    lanes.lane,
    signs.lane_key,
    signs.action_key,
    signs.step::integer as step,
    signs.call_step,
    signs.kind,
    signs.signal,
    signs.firm,
    signs.field,
    signs.quote,
    signs.span_start,
    signs.span_end,
from signs
inner join lanes using (lane_key)
