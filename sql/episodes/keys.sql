-- One row a key by which an action can be on a goal: a target that is left, or what stands in for one.
-- Grain: (action_key, key); only of lanes in which something failed.
-- Reason: two actions are on one goal where they share a key. `need:` keys (words of queries and inline code) are
-- weak: they join by overlap alone. `name:` keys (a file's base name) count for a goal only where its path did not
-- exist. `check:`, `tool:` and `program:` keys stand in where a goal has no target left. A query or an id that was
-- wrong shares nothing with the right one: `seek:` joins the look-ups until a person speaks, `same:` a row of calls of
-- one look-up. An element that was not there shares nothing with another way to the same end: `try:` joins what changes
-- a page until a person speaks. `runner:` joins the runs of one program that checks, where a check could not run.

with troubled as (
    select distinct failures.lane_key,
    from failures
),

rows_of_calls as (
    select
        acts.action_key,
        acts.lane_key,
        coalesce(acts.tool, '') != lag(coalesce(acts.tool, '')) over in_order as begins,
    from acts
    semi join troubled on acts.lane_key = troubled.lane_key
    where acts.external
    window in_order as (partition by acts.lane_key order by acts.action_key)
),

rowed as (
    select
        rows_of_calls.action_key,
        count(case when rows_of_calls.begins then 1 end) over (
            partition by rows_of_calls.lane_key order by rows_of_calls.action_key
        ) as row_number,
    from rows_of_calls
),

about as (
    select
        acts.action_key,
        acts.lane_key,
        acts.run_key,
        acts.tool,
        acts.program,
        acts.check_id,
        acts.family,
        acts.writes_targets,
        acts.targets,
        totals.persons_through,
        rowed.row_number,
        acts.external
        and acts.family in ('ui', 'browse', 'search')
        and coalesce(acts.gesture not in ('scroll', 'look', 'type'), true) as tries,
        acts.external
        and not acts.writes
        and (acts.family in ('search', 'browse', 'api', 'read') or (acts.gesture = 'click' and acts.page is not null))
        and len(list_filter(acts.targets, lambda target: starts_with(target, 'file:'))) = 0 as looks_up, -- noqa: RF02
    from acts
    inner join totals using (action_key)
    left join rowed using (action_key)
    semi join troubled on acts.lane_key = troubled.lane_key
),

carried as materialized (
    select
        about.action_key,
        about.lane_key,
        about.run_key,
        about.writes_targets,
        unnest(list_distinct(about.targets)) as key,
    from about
),

kept as (
    select
        carried.action_key,
        carried.lane_key,
        carried.key,
        coalesce(list_contains(carried.writes_targets, carried.key), false) as written,
    from carried
    anti join common_targets on carried.run_key = common_targets.run_key and carried.key = common_targets.target
),

aimed as (
    select distinct kept.action_key,
    from kept
)

select
    kept.action_key,
    kept.lane_key,
    kept.key,
    kept.written,
    starts_with(kept.key, 'need:') as weak,
    false as stand_in,
from kept
union all by name
select distinct
    carried.action_key,
    carried.lane_key,
    'name:' || regexp_extract(carried.key, '[^/:]+$') as key,
    false as written,
    false as weak,
    false as stand_in,
from carried
where starts_with(carried.key, 'file:')
union all by name
select
    about.action_key,
    about.lane_key,
    'check:' || about.check_id as key,
    false as written,
    false as weak,
    false as stand_in,
from about
where about.check_id is not null
union all by name
select
    about.action_key,
    about.lane_key,
    'tool:' || coalesce(about.tool, '') as key,
    false as written,
    false as weak,
    true as stand_in,
from about
union all by name
select
    about.action_key,
    about.lane_key,
    'program:' || about.program as key,
    false as written,
    false as weak,
    true as stand_in,
from about
anti join aimed on about.action_key = aimed.action_key
where about.program is not null
union all by name
select
    about.action_key,
    about.lane_key,
    'runner:' || about.program as key,
    false as written,
    false as weak,
    true as stand_in,
from about
where about.family = 'check' and about.program is not null
union all by name
select
    about.action_key,
    about.lane_key,
    'seek:' || about.persons_through as key,
    false as written,
    false as weak,
    true as stand_in,
from about
where about.looks_up
union all by name
select
    about.action_key,
    about.lane_key,
    'try:' || about.persons_through as key,
    false as written,
    false as weak,
    true as stand_in,
from about
where about.tries
union all by name
select
    about.action_key,
    about.lane_key,
    'same:' || about.row_number as key,
    false as written,
    false as weak,
    true as stand_in,
from about
where about.looks_up
