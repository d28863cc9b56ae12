-- One row a sign that a call was not let in.
-- Grain: (action_key, signal, span_start).
-- Reason: 401, 403 and their words; whose fault it is, is open.

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
where signal_hits.kind = 'auth.denied'
