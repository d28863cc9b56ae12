-- Runs that share history.

-- The run id that the source declares as the one that this run was forked from, continues or works for; redacted.
alter table trajectories add column parent_run text;

-- One row a call: by what copies of it are recognised in other runs.
create table links (
    part text not null,             -- the lake part that holds the run
    trajectory_id text not null,
    version text not null,
    lane text not null,             -- that the call is in
    step integer not null,          -- the call
    path_hash ubigint not null,     -- of what was said and done up to it (`content_hashes` in src/reroute/trace.py)
    id_key ubigint,                 -- hash of its id and its content; null: it has no id
    serial boolean not null,        -- the id is a counter, such as call_1, which runs share by chance
    started_at timestamptz          -- by the trace's own clock
);

-- One row a current run that shares history with others: a fork, a resumed session, an agent that begins with its
-- parent's messages, a log that writes the whole history with every request.
create table families (
    trajectory_id text not null,
    version text not null,
    family_id text not null,        -- the run to which the beginning belongs that all share
    is_owner boolean not null,      -- it is that run
    owner_id text,                  -- the run to which the copied steps belong; null for the owner of the family
    copied_through integer,         -- the last step of this run that is the owner's; null for the owner of the family
    superseded_by text,             -- the run of the same file whose beginning this run is as a whole; null: none
    copied_input_tokens bigint,     -- of the copied steps, as far as the owner states them too; null: none
    copied_output_tokens bigint,    -- as copied_input_tokens
    copied_reasoning_tokens bigint, -- as copied_input_tokens
    copied_cached_tokens bigint,    -- as copied_input_tokens
    copied_cost_usd double,         -- as copied_input_tokens, US dollars
    basis text not null,            -- hash of the runs, pairs and rules that the family was found by
    primary key (trajectory_id)
);

-- By what all families were found last; nothing is done again where it is the same.
create table family_searches (
    basis text not null             -- hash of the runs, their links and the rules
);

-- One row a current run, with what is its own: what it shares with relatives is counted with their owner.
create view own_runs as
select
    trajectory_id,
    version,
    format, -- of the run
    is_counted, -- false: it is the beginning of another run, and no run of its own
    steps, -- rows of lake/steps that no relative has
    input_tokens, -- of what no relative states too; null: not stated
    output_tokens, -- as input_tokens
    reasoning_tokens, -- as input_tokens
    cached_tokens, -- as input_tokens
    cost_usd, -- as input_tokens, US dollars
from (
    select
        trajectories.trajectory_id,
        trajectories.version,
        trajectories.format,
        families.superseded_by is null as is_counted,
        case
            when families.superseded_by is not null then 0
            else trajectories.steps - coalesce(families.copied_through + 1, 0)
        end::integer as steps,
        trajectories.input_tokens - coalesce(families.copied_input_tokens, 0) as input_tokens,
        trajectories.output_tokens - coalesce(families.copied_output_tokens, 0) as output_tokens,
        trajectories.reasoning_tokens - coalesce(families.copied_reasoning_tokens, 0) as reasoning_tokens,
        trajectories.cached_tokens - coalesce(families.copied_cached_tokens, 0) as cached_tokens,
        trajectories.cost_usd - coalesce(families.copied_cost_usd, 0) as cost_usd,
    from trajectories
    left join families using (trajectory_id, version)
    where trajectories.is_current
) as runs;
