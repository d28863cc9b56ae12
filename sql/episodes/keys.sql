-- One row a key by which an action can be on a goal: a target that is left, or what stands in for one.
-- Grain: (action_key, key).
-- Reason: two actions are on one goal where they share a key. `need:` keys (words of queries and inline code) are
-- weak: they join by overlap alone. `name:` keys (a file's base name) count for a goal only where its path did not
-- exist. `check:`, `tool:` and `program:` keys stand in where a goal has no target left.

with named as (
    select
        lanes.first_key + actions.action as action_key,
        lanes.lane_key,
        lanes.run_key,
        actions.tool,
        actions.program,
        actions.check_id,
        actions.writes_targets,
        list_distinct(actions.targets || list_transform(
            list_filter(actions.targets, lambda target: starts_with(target, 'file:')), -- noqa: RF02
            lambda target: 'name:' || regexp_extract(target, '[^/:]+$') -- noqa: RF02
        )) as targets,
    from actions
    inner join lanes using (trajectory_id, version, lane)
),

carried as (
    select
        named.action_key,
        named.lane_key,
        named.run_key,
        named.writes_targets,
        unnest(named.targets) as key,
    from named
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
    select kept.action_key,
    from kept
    where not starts_with(kept.key, 'name:')
),

bare as (
    select named.*,
    from named
    anti join aimed on named.action_key = aimed.action_key
),

keyed as (
    select kept.*, from kept
    union all by name
    select
        named.action_key,
        named.lane_key,
        'check:' || named.check_id as key,
        false as written,
    from named
    where named.check_id is not null
    union all by name
    select
        named.action_key,
        named.lane_key,
        'tool:' || coalesce(named.tool, '') as key,
        false as written,
    from named
    union all by name
    select
        bare.action_key,
        bare.lane_key,
        'program:' || bare.program as key,
        false as written,
    from bare
    where bare.program is not null
)

select
    keyed.action_key,
    keyed.lane_key,
    keyed.key,
    keyed.written,
    starts_with(keyed.key, 'need:') as weak,
    regexp_matches(keyed.key, '^(tool|program):') as stand_in,
from keyed
