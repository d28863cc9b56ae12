-- One row a lane and a lane above it whose beginning it shares.
-- Grain: (lane_key, above_key); through_step is the last step that it shares, and next_key the first action that it
-- does not.
-- Reason: what was seen, said and changed before a branch began was so in the branch as well. A rule that looks back
-- looks here too; what comes of a failure is decided inside its own lane.

with recursive above as (
    select
        lanes.lane_key,
        parents.lane_key as above_key,
        lanes.forked_step as through_step,
        parents.first_key + lanes.forked_after as next_key,
    from lanes
    inner join lanes as parents
        on
            lanes.run_key = parents.run_key
            and lanes.forked_from = parents.lane
            and lanes.lane_key != parents.lane_key
    union
    select
        above.lane_key,
        parents.lane_key as above_key,
        lanes.forked_step as through_step,
        parents.first_key + lanes.forked_after as next_key,
    from above
    inner join lanes on above.above_key = lanes.lane_key
    inner join lanes as parents
        on
            lanes.run_key = parents.run_key
            and lanes.forked_from = parents.lane
            and above.lane_key != parents.lane_key
)

select
    above.lane_key,
    above.above_key,
    min(above.through_step) as through_step,
    min(above.next_key) as next_key,
from above
group by all
