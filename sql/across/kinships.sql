-- One row a pair of runs that may share history: the first call of one, or its last, is in the other too.
-- Grain: (one, other); a run stands beside the first of those that share a key with it, so a chain of pairs joins all.
-- Reason: equal first calls are common by chance, and so are call ids that count. `sure`: the same call with an id of
-- its own, or at the same time, or in a run that is declared as the other's parent or has the same one. Otherwise they
-- lie in one file, where one may be the beginning of the other, which their steps have to show. A run with a task is of
-- no family with another task, and one whose outcome is known only where a parent is declared or id and time agree.

with runs as (
    select
        trajectories.trajectory_id,
        trajectories.version,
        trajectories.source,
        trajectories.path,
        trajectories.run_id,
        trajectories.parent_run,
        concat(
            trajectories.source, chr(0), trajectories.task_id, chr(0), trajectories.metadata ->> '$.trial'
        ) as attempt,
        trajectories.task_id is null and trajectories.metadata ->> '$.trial' is null as is_free,
        strongest_outcomes.trajectory_id is not null as is_judged,
    from trajectories
    left join strongest_outcomes using (trajectory_id)
    where trajectories.is_current
),

calls as (
    select
        runs.*,
        links.path_hash,
        links.id_key,
        links.serial,
        links.started_at,
        row_number() over (partition by links.trajectory_id order by links.step) = 1 as is_first,
        row_number() over (partition by links.trajectory_id order by links.step desc) = 1 as is_last,
    from links
    inner join runs using (trajectory_id, version)
),

marks as (
    select
        calls.*,
        unnest(list_distinct([calls.path_hash, calls.id_key])) as mark,
    from calls
),

-- The run that a run is, and the one that it threads as its parent.
threads as (
    select
        runs.trajectory_id,
        runs.run_id as thread,
    from runs
    where runs.run_id is not null
    union all by name
    select
        runs.trajectory_id,
        runs.parent_run as thread,
    from runs
    where runs.parent_run is not null
),

keyed as (
    select
        calls.trajectory_id,
        calls.is_first as is_end,
        true as sure,
        concat_ws(chr(0), 'id', calls.id_key, calls.attempt) as key,
    from calls
    where calls.id_key is not null and not calls.serial and not calls.is_judged
    union all by name
    select
        calls.trajectory_id,
        calls.is_first as is_end,
        true as sure,
        concat_ws(chr(0), 'id and time', calls.id_key, epoch_us(calls.started_at), calls.attempt) as key,
    from calls
    where calls.id_key is not null and not calls.serial and calls.started_at is not null
    union all by name
    select
        calls.trajectory_id,
        calls.is_first as is_end,
        true as sure,
        concat_ws(chr(0), 'time', calls.path_hash, epoch_us(calls.started_at), calls.attempt) as key,
    from calls
    where calls.started_at is not null and not calls.is_judged
    union all by name
    select
        marks.trajectory_id,
        marks.is_first as is_end,
        true as sure,
        concat_ws(chr(0), 'parent', threads.thread, marks.mark, marks.attempt) as key,
    from marks
    inner join threads using (trajectory_id)
    union all by name
    select
        marks.trajectory_id,
        marks.is_last as is_end,
        false as sure,
        concat_ws(chr(0), 'file', marks.path, marks.mark, marks.attempt) as key,
    from marks
    where marks.is_free and not marks.is_judged
),

shared as (
    select
        keyed.key,
        bool_and(keyed.sure) as sure,
        min(keyed.trajectory_id) filter (where keyed.is_end) as one,
        list(distinct keyed.trajectory_id) as others,
    from keyed
    group by keyed.key
    having bool_or(keyed.is_end) and count(distinct keyed.trajectory_id) > 1
),

pairs as (
    select
        shared.one,
        unnest(shared.others) as other,
        shared.sure,
    from shared
)

select
    pairs.one,
    pairs.other,
    bool_or(pairs.sure) as sure,
from pairs
where pairs.one != pairs.other
group by all
