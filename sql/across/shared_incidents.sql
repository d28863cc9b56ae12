-- One row an episode whose failure hit other runs at the same time.
-- Grain: episode_id.
-- Reason: for infrastructure, authorisation and time-outs alone, the same error in two or more other trajectories of
-- different tasks within minutes, by their own clocks, is the environment's. Missing timestamps never match.

with spreading as (
    select
        current_episodes.episode_id,
        current_episodes.trajectory_id,
        current_episodes.task_key,
        current_episodes.error_template,
        epoch(current_episodes.failed_at) as failed_second,
    from current_episodes
    inner join kinds using (kind)
    where
        current_episodes.failed_at is not null
        and current_episodes.error_template is not null
        and (
            kinds.spreads
            or list_contains(
                list_transform(current_episodes.evidence, lambda span: span.signal), -- noqa: RF01
                'timeout'
            )
        )
),

counted as (
    select
        spreading.episode_id,
        count(distinct spreading.trajectory_id) over (
            partition by spreading.error_template
            order by spreading.failed_second
            range between limits.shared_incident_minutes * 60 preceding -- noqa: PRS
            and limits.shared_incident_minutes * 60 following
        ) - count(distinct spreading.trajectory_id) over (
            partition by spreading.error_template, spreading.task_key
            order by spreading.failed_second
            range between limits.shared_incident_minutes * 60 preceding -- noqa: PRS
            and limits.shared_incident_minutes * 60 following
        ) as others,
    from spreading
    cross join limits
)

select counted.episode_id,
from counted
cross join limits
where counted.others >= limits.shared_incident_trajectories
