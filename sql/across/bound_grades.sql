-- One row an answer in a person's latest grading of an episode, bound to the episode that it is about today.
-- Grain: (episode_id, question, annotator).
-- Reason: where a person graded one twice, all of the later answers hold and none of the earlier ones: answers that
-- were not given together make no verdict. Where the judged steps lie on two branches today, only the answer to whether
-- it is a failure holds: how it ended was judged over steps of which neither branch has all.

select
    grade_targets.episode_id,
    grade_targets.question,
    grade_targets.annotator,
    grade_targets.answer,
    grade_targets.grade_id,
from grade_targets
where grade_targets.whole or grade_targets.question = 'failure'
qualify
    grade_targets.graded_at
    = max(grade_targets.graded_at) over (partition by grade_targets.episode_id, grade_targets.annotator)
    and row_number() over (
        partition by grade_targets.episode_id, grade_targets.question, grade_targets.annotator
        order by grade_targets.graded_at desc, grade_targets.grade_id
    ) = 1
