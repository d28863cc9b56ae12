-- One row an episode of a trajectory's current version, with what is known of its run.
-- Grain: episode_id.
-- Reason: superseded versions stay in the lake and are never shown. An episode whose failure lies in history that a run
-- shares with the owner of its family is the owner's: one failure is one episode.

select
    episodes.*,
    trajectories.format,
    trajectories.task_id,
    coalesce(trajectories.task_id, trajectories.task, trajectories.trajectory_id) as task_key,
    strongest_outcomes.outcome as run_outcome,
from episodes
inner join trajectories using (trajectory_id, version)
left join strongest_outcomes using (trajectory_id)
left join families using (trajectory_id, version)
where
    trajectories.is_current
    and families.superseded_by is null
    and (families.copied_through is null or episodes.onset_step > families.copied_through)
