-- One row an episode of a trajectory's current version, with what is known of its run.
-- Grain: episode_id.
-- Reason: superseded versions stay in the lake and are never shown.

select
    episodes.*,
    trajectories.format,
    trajectories.task_id,
    coalesce(trajectories.task_id, trajectories.task, trajectories.trajectory_id) as task_key,
    strongest_outcomes.outcome as run_outcome,
from episodes
inner join trajectories using (trajectory_id, version)
left join strongest_outcomes using (trajectory_id)
where trajectories.is_current
