-- One row a key of what a failing action was about.
-- Grain: (leader_key, key).
-- Reason: a goal is the set of targets that are left of the failing call and of its siblings with the same failure. A
-- path that does not exist, or that nothing looked at, is joined by its base name; a query, a dead page and a refused
-- look-up by what looks up next, for the right wording, address or id may share nothing with the wrong one; an idle
-- gesture by what is tried next; a check that could not run by its runner's next run; and a call without any target
-- left by its program or tool.

with missing as (
    select distinct signal_hits.action_key,
    from signal_hits
    where signal_hits.signal in ('no_such_file', 'command_not_found')
),

carried as (
    select
        failures.leader_key,
        failures.lane_key,
        failures.kind,
        keys.key,
        keys.weak,
        keys.stand_in,
        starts_with(keys.key, 'name:') as by_name,
        missing.action_key is not null as missing,
    from failures
    inner join keys using (action_key)
    left join missing using (action_key)
),

aimed as (
    select distinct carried.leader_key,
    from carried
    where not carried.stand_in and not carried.by_name
),

-- 'program:' sorts before 'tool:', and is there only where the call has no target left.
preferred as (
    select
        carried.leader_key,
        min(carried.key) as key,
    from carried
    anti join aimed on carried.leader_key = aimed.leader_key
    where starts_with(carried.key, 'program:') or starts_with(carried.key, 'tool:')
    group by all
)

select distinct
    carried.leader_key,
    carried.lane_key,
    carried.key,
    carried.weak,
    carried.stand_in,
from carried
left join preferred on carried.leader_key = preferred.leader_key and carried.key = preferred.key
where
    preferred.key is not null
    or (not carried.stand_in and (carried.missing or not carried.by_name))
    or (carried.kind in ('search.miss', 'search.drift', 'browse.dead') and starts_with(carried.key, 'seek:'))
    or (carried.kind = 'ui.noeffect' and starts_with(carried.key, 'try:'))
    or (carried.kind = 'shell.error' and carried.missing and starts_with(carried.key, 'runner:'))
    or (carried.kind = 'call.rejected' and starts_with(carried.key, 'same:'))
