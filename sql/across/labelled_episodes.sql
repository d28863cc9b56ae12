-- One row an episode of a current trajectory version with its label beside it.
-- Grain: episode_id.
-- Reason: what a person looks at and what an export selects from. The probability is a score where it is not
-- calibrated, and missing where none was computed yet.

select
    current_episodes.* exclude (part, cause, task_key), -- noqa: RF02
    labels.cause,
    labels.is_failure,
    labels.outcome_final,
    labels.tier,
    labels.label_source,
    labels.keep,
    probabilities.p as probability,
    probabilities.calibrated,
    probabilities.ambiguous,
from current_episodes
inner join labels using (episode_id)
left join probabilities using (episode_id)
