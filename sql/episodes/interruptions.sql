-- One row a limit, stall or silent failure that is nobody's failing call: nothing later can repair it.
-- Grain: (lane_key, step, kind).
-- Reason: it has no goal; it ends the lane, or what came of it nobody can say. Whoever goes round in circles has
-- looped, and a success that was claimed falsely masks.

with last_actions as (
    select
        attempts.lane_key,
        max(attempts.last_step) as last_step,
    from attempts
    where attempts.external
    group by all
),

seen as (
    select
        findings.lane_key,
        findings.step,
        coalesce(findings.call_step, findings.step) as onset_step,
        findings.kind,
        findings.signal,
        findings.firm,
    from findings
    where findings.action_key is null
    union all by name
    select
        false_successes.lane_key,
        false_successes.step,
        false_successes.step as onset_step,
        false_successes.kind,
        false_successes.signal,
        false as firm,
    from false_successes
)

select
    seen.lane_key,
    seen.step,
    min(seen.onset_step) as onset_step,
    seen.kind,
    any_value(seen.signal) as signal,
    bool_or(seen.firm) as firm,
    case
        when seen.kind = 'loop.stall' then 'looped'
        when seen.kind = 'silent.false_success' then 'masked'
        when seen.step > coalesce(any_value(last_actions.last_step), -1) then 'ended'
        else 'unknown'
    end as outcome,
from seen
left join last_actions using (lane_key)
group by seen.lane_key, seen.step, seen.kind
