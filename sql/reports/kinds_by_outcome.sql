-- One row a kind of failure and outcome of the episode, with how many there are.
-- Grain: (kind, outcome). Reason: the heat map of the report.
select
    episodes.kind,
    labels.outcome_final as outcome,
    count(*) as found,
from labels
inner join episodes using (episode_id, version)
where labels.is_failure
group by episodes.kind, labels.outcome_final
order by episodes.kind, found desc, outcome
