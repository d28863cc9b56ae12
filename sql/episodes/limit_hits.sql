-- One row a sign that a limit of length, context, steps, cost or time was hit.
-- Grain: (lane_key, step, signal).
-- Reason: such an end says nothing about the agent's skill; action_key is null where a message, not a call, shows it.

select
    signal_hits.lane_key,
    signal_hits.action_key,
    signal_hits.step,
    signal_hits.call_step,
    signal_hits.kind,
    signal_hits.signal,
    signal_hits.firm,
    signal_hits.field,
    signal_hits.quote,
    signal_hits.span_start,
    signal_hits.span_end,
from signal_hits
where signal_hits.kind = 'limit.hit'
union all by name
select
    lanes.lane_key,
    null as action_key,
    notes.step,
    null as call_step,
    'limit.hit' as kind,
    'limit_' || notes.limit as signal,
    true as firm,
    'content' as field,
    '' as quote,
    0 as span_start,
    0 as span_end,
from notes
inner join lanes using (trajectory_id, version, lane)
where notes.limit is not null
