-- One row an episode, with the actions at which it turns.
-- Grain: leader_key, the onset's action.
-- Reason: onset, last failure, reroute, recovery and close are read off the actions that counted for it.

with counted as (
    select follow_ups.*,
    from follow_ups
    semi join openings on follow_ups.leader_key = openings.leader_key
),

failed as (
    select
        counted.leader_key,
        max(counted.times) as most_alike,
    from (
        select
            counted.leader_key,
            count(*) as times,
        from counted
        where counted.verdict = 'fails' and not counted.recovers
        group by counted.leader_key, counted.signature, counted.error_template, counted.failing_ids
    ) as counted
    group by all
),

turning as (
    select
        counted.leader_key,
        any_value(counted.lane_key) as lane_key,
        any_value(counted.kind) as kind,
        min(counted.action_key) filter (where counted.recovers) as recovery_key,
        max(counted.action_key) filter (where counted.verdict = 'fails' and not counted.recovers) as last_failure_key,
        max(counted.action_key) as close_key,
        max(counted.counted_through_turn) as counted_at_close,
        min(counted.action_key) filter (
            where counted.action_key > counted.leader_key and not counted.sibling and not counted.same_signature
        ) as reroute_key,
        count(*) as actions,
        count(*) filter (where counted.verdict = 'fails' and not counted.recovers) as failures,
    from counted
    group by counted.leader_key
),

-- The last failure that has the recovering call's signature, if any: what lies after it decides what healed it.
alike as (
    select
        turning.leader_key,
        coalesce(
            max(counted.action_key) filter (
                where counted.verdict = 'fails' and counted.signature = fixed.signature and not counted.recovers
            ),
            any_value(turning.last_failure_key)
        ) as alike_key,
    from turning
    inner join counted using (leader_key)
    left join attempts as fixed on turning.recovery_key = fixed.action_key
    group by all
),

later as (
    select
        counted.leader_key,
        bool_or(counted.undecided) as undecided,
        bool_or(counted.written and counted.changed and not counted.recovers) as goal_changed,
        bool_or(not counted.same_signature and not counted.recovers) as tried_otherwise,
    from counted
    inner join alike using (leader_key)
    where counted.action_key > alike.alike_key
    group by all
)

select
    turning.*,
    failed.most_alike,
    alike.alike_key,
    coalesce(later.undecided, false) as undecided,
    coalesce(later.goal_changed, false) as goal_changed,
    coalesce(later.tried_otherwise, false) as tried_otherwise,
from turning
inner join failed using (leader_key)
inner join alike using (leader_key)
left join later using (leader_key)
