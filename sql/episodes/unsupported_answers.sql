-- One row a run whose closing words name what nothing in it has shown.
-- Grain: one a run, its last.
-- Reason: an id, a long number or a title that stands in no result, in nothing that a person said and in no call may be
-- made up, or only put in other words: it nominates and never decides.

select
    lanes.lane_key,
    null::bigint as action_key,
    notes.step,
    null::integer as call_step,
    'silent.unsupported' as kind,
    'names_unseen' as signal,
    false as firm,
    'content' as field,
    left(array_to_string(notes.unsupported, ', '), 200) as quote,
    0 as span_start,
    0 as span_end,
from notes
inner join lanes using (trajectory_id, version, lane)
where len(notes.unsupported) > 0
qualify row_number() over (partition by lanes.run_key order by notes.step desc) = 1
