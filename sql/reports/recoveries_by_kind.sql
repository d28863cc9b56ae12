-- One row a kind of failure: how many episodes, and how many of them recovered locally.
-- Grain: kind. Reason: the recovery rate and its interval; whether the run passed is another question (tiers).
select
    labels.kind,
    count(*) as episodes,
    count(*) filter (where labels.outcome_final like 'recovered%') as recovered,
    count(*) filter (where labels.tier = 'A') as tier_a,
    count(*) filter (where labels.tier = 'B') as tier_b,
    count(*) filter (where labels.tier = 'C') as tier_c,
    count(*) filter (where labels.nominated) as nominated,
from labels
where labels.is_failure
group by labels.kind
order by episodes desc, labels.kind
