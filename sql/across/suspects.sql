-- One row a step that may be where a run went wrong, the likeliest first.
-- Grain: (trajectory_id, rank), rank from 1.
-- Reason: of a run that failed, or whose outcome nobody knows, one wants to know where to look first: the earliest firm
-- failure that was never recovered, then what was met in part or given up, then weak signs; loops and limits are mostly
-- what an earlier mistake comes to. What recovered is suspected only in a run that is known to have failed. Where such
-- a run shows nothing at all, its last change is the place to begin, for most failures are silent. The score
-- orders grounds (lexicon `suspicions`) and, within one, earlier before later; it is not calibrated.

with doubtful as (
    select
        labelled_episodes.*,
        coalesce(labelled_episodes.run_outcome = 'fail', false) as failed,
        split_part(labelled_episodes.kind, '.', 1) as area,
        episode_outcomes.ending,
        labelled_episodes.is_failure is null as undecided,
        -- Rules of equals signs and bare exit codes tell a person nothing.
        [
            span.quote for span in labelled_episodes.evidence -- noqa
            if span.field = 'content' and regexp_matches(span.quote, '[A-Za-z]') -- noqa
        ][1] as seen,
    from labelled_episodes
    left join episode_outcomes on labelled_episodes.outcome_final = episode_outcomes.outcome
    where
        coalesce(labelled_episodes.run_outcome, 'unknown') != 'pass'
        and coalesce(labelled_episodes.is_failure, true)
),

grounded as (
    select
        doubtful.*,
        case
            when doubtful.area in ('loop', 'limit') then doubtful.area
            when doubtful.undecided then 'weak'
            when doubtful.outcome_final = 'recovered_degraded' then 'partial'
            when doubtful.ending = 'recovered' then 'recovered'
            when doubtful.ending = 'given up' then 'given_up'
            else 'open'
        end as ground,
    from doubtful
),

ranked as (
    select
        grounded.*,
        suspicions.high,
        suspicions.low,
        suspicions.words,
        row_number() over (
            partition by grounded.trajectory_id
            order by suspicions.precedence, grounded.onset_step, grounded.episode_id
        ) as place,
        row_number() over (
            partition by grounded.trajectory_id, grounded.ground
            order by grounded.onset_step, grounded.episode_id
        ) as nth,
    from grounded
    inner join suspicions using (ground)
    where grounded.failed or grounded.ground != 'recovered'
),

unseen as (
    select
        trajectories.trajectory_id,
        trajectories.version,
        run_counts.last_change,
    from trajectories
    inner join strongest_outcomes using (trajectory_id)
    inner join run_counts using (trajectory_id, version)
    anti join ranked on trajectories.trajectory_id = ranked.trajectory_id
    anti join families on trajectories.trajectory_id = families.trajectory_id and families.superseded_by is not null
    where trajectories.is_current and strongest_outcomes.outcome = 'fail' and run_counts.last_change is not null
)

select
    ranked.trajectory_id,
    ranked.version,
    ranked.place::integer as rank,
    ranked.onset_step as step,
    ranked.episode_id,
    ranked.ground,
    concat(
        case when ranked.failed_tool is not null then concat(ranked.failed_tool, ': ') end,
        coalesce(kinds.meaning, 'a failure'),
        ' (',
        ranked.kind,
        '), ',
        ranked.words,
        ' (',
        ranked.outcome_final,
        ')',
        '; seen: ' || ranked.seen
    ) as reason,
    round(ranked.low + (ranked.high - ranked.low) / ranked.nth, 4) as score,
from ranked
left join kinds using (kind)
cross join limits
where ranked.place <= limits.suspects_max
union all by name
select
    unseen.trajectory_id,
    unseen.version,
    1 as rank,
    unseen.last_change as step,
    null as episode_id,
    suspicions.ground,
    suspicions.words as reason,
    suspicions.high as score,
from unseen
inner join suspicions on suspicions.ground = 'unseen'
