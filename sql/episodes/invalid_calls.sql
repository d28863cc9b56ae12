-- One row a sign that the harness could not parse or validate a call.
-- Grain: (action_key, signal, span_start).
-- Reason: the call never reached its tool; the next accepted call on the same goal repairs it.

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
where signal_hits.kind = 'call.invalid'
