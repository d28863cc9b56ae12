-- One row a run that ends by finding fault with the request after a single way of meeting it had failed.
-- Grain: one a run, its last.
-- Reason: that the question makes no sense is concluded too early where nothing else was tried. Whoever tried two ways
-- may be right. It nominates and never decides.

with tried as (
    select
        signal_hits.lane_key,
        min(signal_hits.step) as step,
        count(distinct attempts.instrument) as ways,
    from signal_hits
    inner join attempts using (action_key)
    where signal_hits.kind is not null
    group by all
),

ends as (
    select
        attempts.lane_key,
        max(attempts.counted_in_lane) as counted,
    from attempts
    group by all
)

select
    lanes.lane_key,
    null::bigint as action_key,
    notes.step,
    null::integer as call_step,
    'silent.blames_user' as kind,
    'blames_request' as signal,
    false as firm,
    'content' as field,
    '' as quote,
    0 as span_start,
    0 as span_end,
from notes
inner join lanes using (trajectory_id, version, lane)
inner join utterances on lanes.lane_key = utterances.lane_key and notes.step = utterances.step
inner join ends on lanes.lane_key = ends.lane_key
inner join tried on lanes.lane_key = tried.lane_key and notes.step > tried.step
where notes.blames and notes.role = 'assistant' and utterances.counted = ends.counted and tried.ways = 1
qualify row_number() over (partition by lanes.run_key order by notes.step desc) = 1
