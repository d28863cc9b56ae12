-- One row a signal at an action, with the kind of failure that it speaks for.
-- Grain: (action_key, signal, span_start).
-- Reason: the lexicon says which kind a signal means for which family of actions; the row of the action's own family
-- wins over the general one (family '*').

with seen as (
    select
        acts.action_key,
        acts.lane_key,
        acts.family,
        acts.call_step,
        coalesce(acts.result_step, acts.call_step) as step,
        unnest(acts.signals) as sign,
    from acts
    where len(acts.signals) > 0
)

select
    seen.action_key,
    seen.lane_key,
    seen.step,
    seen.call_step,
    seen.family,
    coalesce(particular.kind, general.kind) as kind,
    seen.sign.signal,
    seen.sign.firm,
    seen.sign.field,
    seen.sign.quote,
    seen.sign.span_start,
    seen.sign.span_end,
from seen
left join signals as particular on seen.sign.signal = particular.signal and seen.family = particular.family
left join signals as general on seen.sign.signal = general.signal and general.family = '*'
