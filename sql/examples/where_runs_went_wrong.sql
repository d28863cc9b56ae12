-- Runs that failed, with the step to look at first and why.
select
    trajectories.task,
    suspects.trajectory_id,
    suspects.step,
    suspects.score,
    suspects.reason,
from suspects
inner join trajectories using (trajectory_id, version)
where suspects.rank = 1
order by suspects.score desc, suspects.trajectory_id
