-- One row a recipe's latest version and rule: how many candidates it left out.
-- Grain: (recipe, rule). Reason: nothing is dropped silently.
with

latest as (
    select
        datasets.recipe,
        max_by(datasets.version, datasets.created_at) as version,
    from datasets
    group by datasets.recipe
)

select
    dropped.recipe,
    dropped.rule,
    count(*) as candidates,
    min(dropped.reason) as example,
from dropped
inner join latest using (recipe, version)
group by dropped.recipe, dropped.rule
order by dropped.recipe, candidates desc, dropped.rule
