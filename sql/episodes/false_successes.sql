-- One row a run whose last words claim success over a failure that is still open, or over nothing done at all.
-- Grain: one a run, its last.
-- Reason: a claim made as the next thing after a failure is the outcome `masked`; one that comes later, or that speaks
-- of a change where no call of the run changed anything, is what a person must look at. It nominates and never decides.
-- It is known only once outcomes are, so `interruptions` reads it beside the findings.

with ends as (
    select
        attempts.lane_key,
        max(attempts.counted_in_lane) as counted,
        max(attempts.changes_through) as changes,
        bool_or(attempts.family = 'api') as served,
        bool_and(attempts.family != 'shell') as plain,
    from attempts
    group by all
),

-- A report in the same breath is no claim.
closing as (
    select
        lanes.lane_key,
        lanes.run_key,
        notes.step,
        coalesce(notes.claims_success, false) as success,
        coalesce(notes.claims_change, false) and ends.served and ends.plain and ends.changes = 0 as undone,
    from notes
    inner join lanes using (trajectory_id, version, lane)
    inner join utterances on lanes.lane_key = utterances.lane_key and notes.step = utterances.step
    inner join ends on lanes.lane_key = ends.lane_key
    where
        notes.role = 'assistant'
        and not lanes.given_up
        and utterances.counted = ends.counted
        and not utterances.reports
        and not utterances.hands_over
),

open_ones as (
    select
        spans.lane_key,
        max(spans.last_failure_key) as action_key,
    from spans
    inner join endings using (leader_key)
    inner join failures on spans.leader_key = failures.action_key
    where
        failures.firm
        and spans.recovery_key is null
        and endings.outcome in ('looped', 'abandoned', 'ended', 'unknown')
    group by all
),

masked as (
    select distinct spans.lane_key,
    from spans
    inner join endings using (leader_key)
    where endings.outcome = 'masked'
)

select
    closing.lane_key,
    closing.step,
    'silent.false_success' as kind,
    case when open_ones.lane_key is null then 'done_nothing' else 'done_over_failure' end as signal,
from closing
left join open_ones on closing.lane_key = open_ones.lane_key
left join masked on closing.lane_key = masked.lane_key
where (closing.success and open_ones.lane_key is not null) or (closing.undone and masked.lane_key is null)
qualify row_number() over (partition by closing.run_key order by closing.step desc) = 1
