-- One row a signal at an action, with the kind of failure that it speaks for.
-- Grain: (action_key, signal, span_start).
-- Reason: the lexicon says which kind a signal means for which family of actions; the row of the action's own family
-- wins over the general one (family '*').

with seen as (
    select
        actions.trajectory_id,
        actions.version,
        actions.lane,
        actions.action,
        actions.family,
        actions.call_step,
        coalesce(actions.result_step, actions.call_step) as step,
        unnest(actions.signals, recursive := true), -- noqa: AL03
    from actions
    where len(actions.signals) > 0
)

select
    lanes.first_key + seen.action as action_key,
    lanes.lane_key,
    seen.trajectory_id,
    seen.version,
    seen.lane,
    seen.step,
    seen.call_step,
    seen.family,
    coalesce(particular.kind, general.kind) as kind,
    seen.signal,
    seen.firm,
    seen.field,
    seen.quote,
    seen.span_start,
    seen.span_end,
from seen
inner join lanes using (trajectory_id, version, lane)
left join signals as particular on seen.signal = particular.signal and seen.family = particular.family
left join signals as general on seen.signal = general.signal and general.family = '*'
