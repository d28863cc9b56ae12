-- One row an action as the features made it, numbered.
-- Grain: action_key; keys follow each other without gaps inside a lane.
-- Reason: the names of trajectory, version and lane are compared once, here; after that a number is the action. The
-- hashes stand for signatures and for pairs of signature and observation where only their equality matters.

select
    lanes.first_key + actions.action as action_key,
    lanes.lane_key,
    lanes.run_key,
    actions.* exclude (trajectory_id, version, lane),
    hash(actions.signature) as signature_key,
    hash(actions.signature, coalesce(actions.observation_hash, '')) as pair_key,
from actions
inner join lanes using (trajectory_id, version, lane)
