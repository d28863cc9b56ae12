-- One row a question that was answered about an episode, with the answer that most annotators gave.
-- Grain: (episode_id, question).
-- Reason: the majority decides; where two answers are equally frequent nobody has decided (answer is null).

with counted as (
    select
        bound_grades.episode_id,
        bound_grades.question,
        bound_grades.answer,
        count(*) as votes,
    from bound_grades
    group by all
),

ranked as (
    select
        counted.*,
        max(counted.votes) over (partition by counted.episode_id, counted.question) as most,
    from counted
)

select
    ranked.episode_id,
    ranked.question,
    case when count(*) = 1 then any_value(ranked.answer) end as answer,
from ranked
where ranked.votes = ranked.most
group by ranked.episode_id, ranked.question
