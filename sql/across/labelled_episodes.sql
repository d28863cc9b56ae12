-- One row an episode of a current trajectory version with its label beside it.
-- Grain: episode_id.
-- Reason: what a person looks at and what an export selects from. There is a probability only where it is calibrated;
-- elsewhere the rules' score stands alone.

select
    current_episodes.* exclude (part, cause, task_key), -- noqa: RF02
    labels.cause,
    labels.is_failure,
    labels.outcome_final,
    labels.tier,
    labels.label_source,
    labels.keep,
    probabilities.p as probability,
    coalesce(probabilities.calibrated, false) as calibrated,
    probabilities.ambiguous,
from current_episodes
inner join labels using (episode_id)
left join probabilities using (episode_id)
