-- One row an episode of a current trajectory version with its label beside it.
-- Grain: episode_id.
-- Reason: what a person looks at and what an export selects from.

select
    current_episodes.* exclude (part, cause, task_key), -- noqa: RF02
    labels.cause,
    labels.is_failure,
    labels.outcome_final,
    labels.tier,
    labels.label_source,
    labels.keep,
from current_episodes
inner join labels using (episode_id)
