-- One row a sign that a page which was to be read is gone or closed.
-- Grain: (action_key, signal, span_start).
-- Reason: what the source states (a status, an error) counts. Words alone count only on a page that says little else:
-- a long one is a document about such pages. A probe of a guessed address has not failed, nor has reading on or
-- filling in a form, which open no page.

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
inner join acts using (action_key)
cross join limits
where
    signal_hits.kind = 'browse.dead'
    and not acts.probe
    and coalesce(acts.gesture not in ('scroll', 'look', 'type', 'select'), true)
    and (
        acts.status = 'error'
        or signal_hits.field = 'http_status'
        or coalesce(acts.observation_chars, 0) <= limits.dead_page_chars_max
    )
