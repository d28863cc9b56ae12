-- One row an episode, with its outcome: the first that holds.
-- Grain: leader_key.
-- Reason: whether the same call passed because the world healed or because the agent changed something, whether the
-- wish or the arguments changed, and, without a recovery, what was said and done at the end.

with changes as (
    select
        spans.leader_key,
        spans.recovery_key is not null as recovered,
        spans.kind,
        kinds.heals and (kinds.any_change or not spans.tried_otherwise or spans.kind in (
            select healing.kind, from kinds as healing
            where healing.cause in ('environment', 'ambiguous')
        )) as heals,
        fixed.signature = alike.signature as same_signature,
        spans.kind = 'check.red' as same_check,
        spans.goal_changed or (
            kinds.any_change
            -- A check that changes something runs after it did; any other call changes only when it is done.
            and fixed.changes_through - (fixed.changed and fixed.family != 'check')::integer > alike.changes_through
        ) as changed,
    from spans
    inner join kinds on spans.kind = kinds.kind
    inner join attempts as first on spans.leader_key = first.action_key
    inner join attempts as alike on spans.alike_key = alike.action_key
    left join attempts as fixed on spans.recovery_key = fixed.action_key
),

stalled as (
    select distinct follow_ups.leader_key,
    from follow_ups
    inner join findings using (action_key)
    where findings.kind = 'loop.stall'
),

looping as (
    select
        spans.leader_key,
        spans.most_alike >= limits.same_failure_loop or stalled.leader_key is not null as looped,
    from spans
    left join stalled using (leader_key)
    cross join limits
)

select
    spans.leader_key,
    looping.looped,
    case
        when
            changes.recovered and (changes.same_signature or changes.same_check) and changes.changed
            then 'recovered_fix'
        when changes.recovered and changes.same_signature and changes.heals then 'recovered_retry'
        -- Whoever refuses a call and says what to do instead has not given up the wish.
        when changes.recovered and repairs.conceded and changes.kind != 'approval.denied' then 'conceded'
        when changes.recovered and repairs.same_tool and repairs.degraded then 'recovered_degraded'
        when changes.recovered and repairs.same_tool then 'recovered_repair'
        when changes.recovered then 'recovered_reroute'
        when closings.withdrawn then 'conceded'
        -- Asking for the hand-over is asking for more; naming whom else to ask is still telling.
        when closings.handed_over then 'handed_off'
        when closings.reported then 'reported'
        when closings.sent_on then 'handed_off'
        when looping.looped then 'looped'
        when closings.claimed then 'masked'
        when spans.undecided then 'unknown'
        -- Nothing ended a branch that the person went back from: what was open there was left.
        when closings.dormant or lanes.given_up then 'abandoned'
        else 'ended'
    end as outcome,
from spans
inner join changes using (leader_key)
inner join looping using (leader_key)
inner join lanes on spans.lane_key = lanes.lane_key
left join repairs using (leader_key)
left join closings using (leader_key)
