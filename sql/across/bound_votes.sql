-- One row a judge's latest verdict on an episode, bound to the episode that it is about today.
-- Grain: (episode_id, model).
-- Reason: as grades do, a vote holds as long as the steps that the judge was shown are still there (their prefix hash
-- is in the current version), and finds the episode whose span it overlaps most.

with standing as (
    select judge_votes.*,
    from judge_votes
    semi join vote_places
        on judge_votes.trajectory_id = vote_places.trajectory_id and judge_votes.prefix_hash = vote_places.prefix_hash
),

overlapping as (
    select
        standing.*,
        current_episodes.episode_id as found_id,
        current_episodes.kind as found_kind,
    from standing
    inner join current_episodes
        on
            standing.trajectory_id = current_episodes.trajectory_id
            and standing.lane = current_episodes.lane
            and standing.span_start <= current_episodes.close_step
            and standing.span_end >= current_episodes.onset_step
    qualify
        row_number() over (
            partition by standing.vote_id
            order by
                current_episodes.episode_id = standing.episode_id desc,
                least(standing.span_end, current_episodes.close_step)
                - greatest(standing.span_start, current_episodes.onset_step) desc,
                abs(current_episodes.onset_step - standing.span_start),
                current_episodes.episode_id
        ) = 1
)

select
    overlapping.found_id as episode_id,
    overlapping.model,
    overlapping.found_kind as kind_by_rules,
    overlapping.verdict,
    overlapping.kind,
    overlapping.outcome,
    overlapping.confidence,
from overlapping
qualify
    row_number() over (
        partition by overlapping.found_id, overlapping.model
        order by overlapping.voted_at desc, overlapping.vote_id
    ) = 1
