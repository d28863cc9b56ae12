-- Errors that came back in several runs, and how often an agent found a way out.
select
    episodes.kind,
    episodes.error_template,
    count(distinct episodes.trajectory_id) as runs,
    count(*) as episodes,
    count(*) filter (where labels.outcome_final like 'recovered%') as recovered,
from episodes
inner join labels using (episode_id, version)
where episodes.error_template is not null
group by all
having count(distinct episodes.trajectory_id) > 1
order by runs desc, episodes desc, episodes.error_template
