-- One row an action that reaches outside, cannot be undone or touches a secret.
-- Grain: action_key; risk is external | irreversible | secret, the gravest that applies.
-- Reason: whether a call needs somebody's leave is read off our own table: programs with all the words that must stand
-- beside them, tools of services by the first word of their name, files by their place. What is not here reads or
-- writes where it can be undone.

with called as (
    select
        acts.action_key,
        acts.family,
        acts.program,
        acts.tokens,
        acts.targets,
        lower(
            regexp_extract(regexp_replace(coalesce(acts.tool, ''), '^.*(__|[.:/])', ''), '^[A-Z]*[a-z]*')
        ) as verb,
    from acts
    where acts.external
),

placed as (
    select
        called.action_key,
        unnest(called.targets) as target,
    from called
),

matched as (
    select
        called.action_key,
        risks.risk,
    from called
    inner join risks on called.program = risks.name
    where
        risks.sort = 'program'
        and (risks.words is null or list_has_all(called.tokens, string_split(risks.words, ' ')))
    union all by name
    select
        called.action_key,
        risks.risk,
    from called
    inner join risks on called.verb = risks.name
    where risks.sort = 'verb' and called.family = 'api'
    union all by name
    select
        placed.action_key,
        risks.risk,
    from placed
    inner join risks on regexp_matches(placed.target, risks.name)
    where risks.sort = 'target' and starts_with(placed.target, 'file:')
)

select
    matched.action_key,
    arg_max(matched.risk, list_position(['external', 'irreversible', 'secret'], matched.risk)) as risk,
from matched
group by all
