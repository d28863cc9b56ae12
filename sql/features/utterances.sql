-- One row a message or reasoning step, placed among the actions of its lane.
-- Grain: (lane_key, step).
-- Reason: how an episode ends is often said, not done; `counted` is how many actions the lane had made by then.

select
    lanes.lane_key,
    notes.step,
    notes.role,
    notes.type,
    lanes.first_key + notes.after_action as next_key,
    coalesce(attempts.counted_through_turn, 0) as counted,
    coalesce(notes.acknowledges, false) as acknowledges,
    coalesce(notes.reports, false) as reports,
    coalesce(notes.hands_over, false) as hands_over,
    coalesce(notes.claims_success, false) as claims_success,
    coalesce(notes.withdraws, false) as withdraws,
    coalesce(notes.asks, false) as asks,
    coalesce(notes.is_last, false) as is_last,
    notes.tokens,
from notes
inner join lanes using (trajectory_id, version, lane)
left join attempts
    on lanes.lane_key = attempts.lane_key and lanes.first_key + notes.after_action - 1 = attempts.action_key
