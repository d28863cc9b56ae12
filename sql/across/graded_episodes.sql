-- One row an episode of which most people said whether it is a failure, with how it came to be graded.
-- Grain: episode_id.
-- Reason: what the probability of a failure is fitted on. An episode that was drawn stands for as many as its weight
-- says; only those drawn at random tell how often the others would be wrong.

with draws as (
    select
        bound_grades.episode_id,
        bool_or(reviews.reason = 'random') as at_random,
        max(reviews.weight) as weight,
    from bound_grades
    inner join grades using (grade_id)
    left join reviews on grades.task_id = reviews.task_id
    where bound_grades.question = 'failure'
    group by all
)

select
    draws.episode_id,
    consensus.answer = 'yes' as failure,
    coalesce(draws.at_random, false) as at_random,
    coalesce(draws.weight, 1)::double as weight,
from draws
inner join consensus using (episode_id)
where consensus.question = 'failure' and consensus.answer in ('yes', 'no')
