-- One row an answer in a person's latest grading of an episode, bound to the episode that it is about today.
-- Grain: (episode_id, question, annotator).
-- Reason: rules change and runs grow; a grade holds as long as the steps that it judged are still there (their prefix
-- hash is in the current version), and finds the episode whose span it overlaps most. Where a person graded one twice,
-- all of the later answers hold and none of the earlier ones: answers that were not given together make no verdict.

with standing as (
    select grades.*,
    from grades
    semi join grade_places
        on grades.trajectory_id = grade_places.trajectory_id and grades.prefix_hash = grade_places.prefix_hash
),

overlapping as (
    select
        standing.grade_id,
        standing.question,
        standing.answer,
        standing.annotator,
        standing.graded_at,
        current_episodes.episode_id,
    from standing
    inner join current_episodes
        on
            standing.trajectory_id = current_episodes.trajectory_id
            and standing.span_start <= current_episodes.close_step
            and standing.span_end >= current_episodes.onset_step
    qualify
        row_number() over (
            partition by standing.grade_id
            order by
                current_episodes.episode_id = standing.episode_id desc,
                least(standing.span_end, current_episodes.close_step)
                - greatest(standing.span_start, current_episodes.onset_step) desc,
                abs(current_episodes.onset_step - standing.span_start),
                current_episodes.episode_id
        ) = 1
)

select
    overlapping.episode_id,
    overlapping.question,
    overlapping.annotator,
    overlapping.answer,
    overlapping.grade_id,
from overlapping
qualify
    overlapping.graded_at
    = max(overlapping.graded_at) over (partition by overlapping.episode_id, overlapping.annotator)
    and row_number() over (
        partition by overlapping.episode_id, overlapping.question, overlapping.annotator
        order by overlapping.graded_at desc, overlapping.grade_id
    ) = 1
