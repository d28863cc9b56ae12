-- One row a turn of a lane: one response of the model, with the parallel calls that it made.
-- Grain: (lane_key, turn).
-- Reason: siblings are no distance from each other, so distances are taken from the end of one turn to the start of
-- another.

select
    totals.lane_key,
    totals.turn,
    min(totals.counted_through - totals.external::integer) as counted_before_turn,
    max(totals.counted_through) as counted_through_turn,
from totals
group by all
