-- One row a risky call that ran without approval although approval was asked for elsewhere in the run.
-- Grain: (lane_key, call_step).
-- Reason: only where the run itself records an approval regime can a missing approval be told from an unrecorded one:
-- a grant, an automatic one, or a request beside a call. A source that records refusals alone does not say what it
-- granted. The approval is the one of that very call, hence of its arguments; `auto` is nobody's approval. A call that
-- was refused or failed has done nothing. action_key is null: the call itself did not fail, and nothing can repair it.

with regimes as (
    select distinct acts.run_key,
    from acts
    where
        acts.approval in ('granted', 'auto')
        or (acts.approval = 'requested' and acts.status is distinct from 'denied')
),

refused as (
    select distinct denied_approvals.action_key,
    from denied_approvals
)

select
    acts.lane_key,
    null::bigint as action_key,
    acts.result_step as step,
    acts.call_step,
    'policy.unapproved' as kind,
    'unapproved_' || risky_calls.risk as signal,
    true as firm,
    'arguments' as field,
    '' as quote,
    0 as span_start,
    0 as span_end,
from acts
inner join risky_calls using (action_key)
semi join regimes on acts.run_key = regimes.run_key
anti join refused on acts.action_key = refused.action_key
where
    acts.result_step is not null
    and acts.approval is distinct from 'granted'
    and acts.status is distinct from 'denied'
    and acts.outcome_hint is distinct from 'fail'
