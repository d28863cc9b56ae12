-- One row a sign that a person, a guardrail or a sandbox refused a call.
-- Grain: (action_key, signal, span_start).
-- Reason: a sandbox counts only with EPERM; the features see to that.

select
    sightings.lane_key,
    sightings.action_key,
    sightings.step,
    sightings.call_step,
    sightings.kind,
    sightings.signal,
    sightings.firm,
    sightings.field,
    sightings.quote,
    sightings.span_start,
    sightings.span_end,
from sightings
where sightings.kind = 'approval.denied'
