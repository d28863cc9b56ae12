-- One row a judge's verdict on an episode about which people have decided too.
-- Grain: (episode_id, model).
-- Reason: how good a judge is, is measured against people, and never against the rules that chose what it was asked.
-- A tie among people, and their "cannot tell", decide nothing and are left out.

with graded as (
    select
        consensus.episode_id,
        any_value(consensus.answer) filter (where consensus.question = 'failure') as failure,
        any_value(consensus.answer) filter (where consensus.question = 'outcome') as outcome,
    from consensus
    group by all
)

select
    bound_votes.episode_id,
    bound_votes.model,
    bound_votes.kind_by_rules as kind,
    bound_votes.verdict,
    graded.failure,
    bound_votes.outcome,
    graded.outcome as graded_outcome,
from bound_votes
inner join graded using (episode_id)
where graded.failure in ('yes', 'no')
