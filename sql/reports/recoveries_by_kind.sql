-- One row a kind of failure: how many episodes, and how many of them recovered locally.
-- Grain: kind. Reason: the recovery rate and its interval; whether the run passed is another question (tiers), and
-- episodes with weak signs alone are counted apart, for a person decides about them.
select
    episodes.kind,
    count(*) filter (where labels.is_failure) as found,
    count(*) filter (where labels.is_failure and labels.outcome_final like 'recovered%') as recovered,
    count(*) filter (where labels.is_failure and labels.tier = 'A') as tier_a,
    count(*) filter (where labels.is_failure and labels.tier = 'B') as tier_b,
    count(*) filter (where labels.is_failure and labels.tier = 'C') as tier_c,
    count(*) filter (where labels.is_failure is null) as undecided,
from labels
inner join episodes using (episode_id, version)
group by episodes.kind
order by found desc, episodes.kind
