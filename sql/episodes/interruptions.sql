-- One row a limit or stall that a message shows, not a call.
-- Grain: (lane_key, step, kind).
-- Reason: it has no goal and nothing repairs it; it ends the lane, or what came of it nobody can say.

with last_actions as (
    select
        attempts.lane_key,
        max(attempts.last_step) as last_step,
    from attempts
    where attempts.external
    group by all
)

select
    findings.lane_key,
    findings.step,
    findings.kind,
    any_value(findings.firm) as firm,
    case
        when findings.kind = 'loop.stall' then 'looped'
        when findings.step > coalesce(any_value(last_actions.last_step), -1) then 'ended'
        else 'unknown'
    end as outcome,
from findings
left join last_actions using (lane_key)
where findings.action_key is null
group by findings.lane_key, findings.step, findings.kind
