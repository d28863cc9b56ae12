-- One row a current trajectory, with what its tags say about how it may have ended.
-- Grain: trajectory_id; `features` holds (name, value) pairs, those that are nought left out.
-- Reason: what `make bench` measures beside a run's length, and no table of the store is made from: tags alone, never
-- the agent's own account of the whole. `passed` is what a verifier or a person said. Counts are logarithms: the tenth
-- failure says less than the first.

with fates as (
    select
        labels.trajectory_id,
        labels.is_failure,
        split_part(current_episodes.kind, '.', 1) as area,
        current_episodes.looped,
        case
            when episode_outcomes.ending in ('recovered', 'given up') then episode_outcomes.ending
            else 'lost'
        end as fate,
    from labels
    inner join current_episodes using (episode_id)
    left join episode_outcomes on labels.outcome_final = episode_outcomes.outcome
    where coalesce(labels.is_failure, true)
),

by_area as (
    select
        fates.trajectory_id,
        struct_pack(name := concat(fates.area, ' ', fates.fate), value := ln(1 + count(*))) as feature,
    from fates
    where fates.is_failure
    group by fates.trajectory_id, fates.area, fates.fate
),

areas as (
    select
        by_area.trajectory_id,
        list(by_area.feature order by by_area.feature.name) as features,
    from by_area
    group by all
),

summed as (
    select
        fates.trajectory_id,
        count(*) filter (where fates.is_failure and fates.fate = 'lost') as open_ones,
        count(*) filter (where fates.is_failure and fates.fate = 'recovered') as recovered,
        count(*) filter (where fates.is_failure and fates.fate = 'given up') as given_up,
        count(*) filter (where fates.is_failure is null) as weak,
        bool_or(fates.looped) as looped,
        bool_or(fates.area = 'limit') as limited,
    from fates
    group by all
),

summarized as (
    select
        trajectories.trajectory_id,
        trajectories.version,
        coalesce(trajectories.task_id, trajectories.task, trajectories.trajectory_id) as task_key,
        case
            when strongest_outcomes.source in ('verifier', 'human') and strongest_outcomes.outcome != 'unknown'
                then strongest_outcomes.outcome = 'pass'
        end as passed,
        [
            struct_pack(name := 'actions', value := ln(1 + run_counts.actions)),
            struct_pack(name := 'failing actions', value := ln(1 + run_counts.failing)),
            struct_pack(name := 'failing share', value := run_counts.failing / greatest(run_counts.actions, 1)),
            struct_pack(name := 'last action fails', value := run_counts.last_fails::double),
            struct_pack(name := 'handed over', value := run_counts.handed_over::double),
            struct_pack(name := 'claims success', value := run_counts.claims::double),
            struct_pack(name := 'says what is undone', value := run_counts.undone::double),
            struct_pack(name := 'claims over open', value := (run_counts.claims and summed.open_ones > 0)::double),
            struct_pack(name := 'open episodes', value := ln(1 + summed.open_ones)),
            struct_pack(name := 'recovered episodes', value := ln(1 + summed.recovered)),
            struct_pack(name := 'given up episodes', value := ln(1 + summed.given_up)),
            struct_pack(name := 'weak episodes', value := ln(1 + summed.weak)),
            struct_pack(name := 'looped', value := summed.looped::double),
            struct_pack(name := 'limit', value := summed.limited::double)
        ] as features,
    from trajectories
    inner join run_counts using (trajectory_id, version)
    left join strongest_outcomes using (trajectory_id)
    left join summed using (trajectory_id)
    where trajectories.is_current
)

select
    summarized.trajectory_id,
    summarized.version,
    summarized.task_key,
    summarized.passed,
    list_filter(
        list_concat(summarized.features, coalesce(areas.features, [])), lambda feature: feature.value > 0 -- noqa: RF01
    ) as features,
from summarized
left join areas using (trajectory_id)
