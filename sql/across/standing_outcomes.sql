-- One row a trajectory whose outcome somebody stated, with the word of the strongest source.
-- Grain: trajectory_id.
-- Reason: verifiers answer later and disagree with what was declared; the strongest source wins.

select
    outcomes.trajectory_id,
    outcomes.outcome,
from outcomes
inner join outcome_sources using (source)
qualify row_number() over (partition by outcomes.trajectory_id order by outcome_sources.strength desc) = 1
