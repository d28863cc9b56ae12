-- One row a key of what a failing action was about.
-- Grain: (leader_key, key).
-- Reason: a goal is the set of targets that are left of the failing call and of its siblings with the same failure. A
-- path that does not exist is joined by its base name; a query by its tool as well, for the next wording may share no
-- word; and a call without any target left by its program or tool.

with missing as (
    select distinct sightings.action_key,
    from sightings
    where sightings.signal = 'no_such_file'
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

stand_ins as (
    select
        carried.*,
        carried.key = min(carried.key) over (partition by carried.leader_key) as preferred,
    from carried
    where carried.stand_in
)

select distinct
    carried.leader_key,
    carried.lane_key,
    carried.key,
    carried.weak,
    false as stand_in,
from carried
where not carried.stand_in and (carried.missing or not carried.by_name)
union all by name
-- 'program:' sorts before 'tool:', and is there only where the call has no target left.
select distinct
    stand_ins.leader_key,
    stand_ins.lane_key,
    stand_ins.key,
    false as weak,
    true as stand_in,
from stand_ins
anti join aimed on stand_ins.leader_key = aimed.leader_key
where stand_ins.preferred
union all by name
select distinct
    stand_ins.leader_key,
    stand_ins.lane_key,
    stand_ins.key,
    false as weak,
    true as stand_in,
from stand_ins
semi join aimed on stand_ins.leader_key = aimed.leader_key
where stand_ins.kind = 'search.miss' and starts_with(stand_ins.key, 'tool:')
