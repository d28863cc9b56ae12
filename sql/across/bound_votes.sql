-- One row a judge's latest verdict on an episode, bound to the episode that it is about today.
-- Grain: (episode_id, model).
-- Reason: as grades do, a vote holds as long as what was judged is still there, and finds the episode whose span it
-- overlaps most. What it says of the outcome holds where the judged steps lie on one branch.

with overlapping as (
    select
        judge_votes.*,
        vote_places.whole,
        current_episodes.episode_id as found_id,
        current_episodes.kind as found_kind,
    from judge_votes
    inner join vote_places using (vote_id)
    inner join current_episodes
        on
            vote_places.trajectory_id = current_episodes.trajectory_id
            and coalesce(vote_places.lane, judge_votes.lane) = current_episodes.lane
            and vote_places.first_step <= current_episodes.close_step
            and vote_places.last_step >= current_episodes.onset_step
    qualify
        row_number() over (
            partition by judge_votes.vote_id
            order by
                current_episodes.episode_id = judge_votes.episode_id desc,
                least(vote_places.last_step, current_episodes.close_step)
                - greatest(vote_places.first_step, current_episodes.onset_step) desc,
                abs(current_episodes.onset_step - vote_places.first_step),
                current_episodes.episode_id
        ) = 1
)

select
    overlapping.found_id as episode_id,
    overlapping.model,
    overlapping.found_kind as kind_by_rules,
    overlapping.verdict,
    overlapping.kind,
    case when overlapping.whole then overlapping.outcome end as outcome,
    overlapping.confidence,
from overlapping
qualify
    row_number() over (
        partition by overlapping.found_id, overlapping.model
        order by overlapping.voted_at desc, overlapping.vote_id
    ) = 1
