-- One row a grade whose judged span lies in its run's current version, with the episode that it is about today.
-- Grain: grade_id.
-- Reason: rules change, runs grow and readers read more of them; a grade finds the episode whose span overlaps most
-- with what was judged. A span that was found by its content is about an episode of the lane that it begins in.

select
    grades.grade_id,
    grades.question,
    grades.answer,
    grades.annotator,
    grades.graded_at,
    grade_places.whole,
    current_episodes.episode_id,
from grades
inner join grade_places using (grade_id)
inner join current_episodes
    on
        grade_places.trajectory_id = current_episodes.trajectory_id
        and coalesce(grade_places.lane = current_episodes.lane, true)
        and grade_places.first_step <= current_episodes.close_step
        and grade_places.last_step >= current_episodes.onset_step
qualify
    row_number() over (
        partition by grades.grade_id
        order by
            current_episodes.episode_id = grades.episode_id desc,
            least(grade_places.last_step, current_episodes.close_step)
            - greatest(grade_places.first_step, current_episodes.onset_step) desc,
            abs(current_episodes.onset_step - grade_places.first_step),
            current_episodes.episode_id
    ) = 1
