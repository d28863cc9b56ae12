-- The recoveries of runs that passed, cheapest first: candidates for training data.
select
    labels.format,
    episodes.kind,
    labels.outcome_final,
    episodes.failed_tool,
    episodes.repair_tool,
    episodes.actions,
    episodes.tokens_open,
    episodes.episode_id,
from episodes
inner join labels using (episode_id, version)
where labels.tier = 'A'
order by episodes.actions, episodes.episode_id
