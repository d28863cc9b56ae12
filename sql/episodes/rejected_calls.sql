-- One row a sign that a well-formed call was refused by state or rule.
-- Grain: (action_key, signal, span_start).
-- Reason: the most common failure of API agents, and rarely marked as an error by the source.

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
where signal_hits.kind = 'call.rejected'
