-- One row a kind of failure and outcome of the episode, with how many there are.
-- Grain: (kind, outcome). Reason: the heat map of the report.
select
    labels.kind,
    labels.outcome_final as outcome,
    count(*) as episodes,
from labels
where labels.is_failure
group by labels.kind, labels.outcome_final
order by labels.kind, episodes desc, outcome
