-- One row an episode of a current trajectory version, with what may tell whether people would call it a failure.
-- Grain: episode_id; `features` holds (name, value) pairs.
-- Reason: the signs of the action, of the one before and of the one after, what went wrong before, how far the run had
-- come, where it comes from, and what the rules make of it. By the rules, never by the grades that it is fitted on.

with marks as (
    select
        current_episodes.episode_id,
        list_concat(
            [
                concat('kind ', current_episodes.kind),
                concat('format ', current_episodes.format),
                concat('family ', coalesce(contexts.family, 'none')),
                concat('fate ', coalesce(episode_outcomes.ending, 'lost'))
            ],
            [concat('sign ', sign) for sign in coalesce(contexts.signals, [])], -- noqa
            [concat('before ', sign) for sign in coalesce(contexts.signals_before, [])], -- noqa
            [concat('after ', sign) for sign in coalesce(contexts.signals_after, [])] -- noqa
        ) as words,
        coalesce(contexts.errors_before, 0) as errors_before,
        coalesce(contexts.position, 0) as position,
    from current_episodes
    left join episode_outcomes on current_episodes.outcome = episode_outcomes.outcome
    left join contexts using (episode_id, version)
)

select
    current_episodes.episode_id,
    current_episodes.trajectory_id,
    current_episodes.version,
    current_episodes.format,
    current_episodes.score,
    graded_episodes.failure,
    coalesce(graded_episodes.at_random, false) as at_random,
    coalesce(graded_episodes.weight, 1) as weight,
    list_concat(
        [struct_pack(name := word, value := 1::double) for word in marks.words], -- noqa
        [
            struct_pack(name := 'rules', value := current_episodes.score::double),
            struct_pack(name := 'errors before', value := ln(1 + marks.errors_before)::double),
            struct_pack(name := 'position', value := marks.position::double),
            struct_pack(name := 'actions', value := ln(1 + current_episodes.actions)::double)
        ],
        case when votes.episode_id is not null then [struct_pack(name := 'judge', value := votes.leaning)] else [] end
    ) as features,
from current_episodes
inner join marks using (episode_id)
left join graded_episodes using (episode_id)
left join votes using (episode_id)
