-- The store's tables. Numbered files here run once, in order; a later change is a later file.

-- One row a chunk of a source file that was read whole: what is here and unchanged is not read again.
create table files (
    source text not null,
    path text not null,             -- relative to the source
    start_byte bigint not null,     -- 0 for a whole file
    end_byte bigint not null,
    file_size bigint not null,
    mtime_ns bigint not null,
    sha256 text not null,           -- of the chunk's bytes
    format text,                    -- null: no known format
    reader_version bigint not null, -- of the format; where there is none, of the set of formats that looked at it
    redaction_version integer not null,
    trajectories integer not null,
    rejected integer not null,
    weighed boolean not null,       -- its share of rejected records was compared with the alarm's
    collected_at timestamptz not null,
    primary key (source, path, start_byte)
);

-- One row a record that could not be read.
create table quarantine (
    quarantine_id text primary key, -- hash of source, path, position and content
    source text not null,
    path text not null,
    format text,
    source_index bigint not null,   -- 0-based record; -1: the whole file
    byte_offset bigint not null,
    reason text not null,
    sha256 text not null,
    excerpt text not null,          -- redacted
    raw blob,                       -- only where the configuration asks
    weighed boolean not null,       -- counted once for the alarm: known ones never raise it again
    first_seen timestamptz not null
);

-- One row a committed lake part. A part exists when its row does.
create table parts (
    part text primary key,          -- hash of its rows
    trajectories integer not null,
    steps bigint not null,
    bytes bigint not null,
    schema_version integer not null,
    redaction_version integer not null,
    committed_at timestamptz not null
);

-- One row a trajectory version; at most one version of a trajectory is current (none, where a newer reader no longer
-- reads it from its file).
create table trajectories (
    trajectory_id text not null,
    version text not null,
    part text not null,
    source text not null,
    path text not null,
    format text not null,
    reader_version bigint not null, -- that last read it
    run_id text,
    task_id text,
    task text,
    agent text,
    model text,
    started_at timestamptz,
    ended_at timestamptz,
    split_group text,
    steps integer not null,
    input_tokens bigint,
    output_tokens bigint,
    reasoning_tokens bigint,
    cached_tokens bigint,
    cost_usd double,
    source_index bigint not null,
    metadata text not null,         -- JSON
    is_current boolean not null,
    conflict boolean not null,      -- another version exists that does not extend this one's prefix
    collected_at timestamptz not null,
    primary key (trajectory_id, version)
);

-- What somebody who could know said about how a run ended.
create table outcomes (
    trajectory_id text not null,
    outcome text not null check (outcome in ('pass', 'fail', 'unknown')),
    reward double,
    source text not null check (source in ('verifier', 'human', 'declared')),
    stated_at timestamptz,
    recorded_at timestamptz not null,
    primary key (trajectory_id, source)
);

-- The strongest statement about each run.
create view strongest_outcomes as
select
    trajectory_id,
    outcome,
    reward,
    source,
    stated_at,
    recorded_at,
from outcomes
qualify row_number() over (
    partition by trajectory_id
    order by case source when 'verifier' then 1 when 'human' then 2 else 3 end
) = 1;

-- One row a part that was tagged with these rules (hash of feature code, SQL, lexicons, thresholds).
create table tagged_parts (
    part text not null,
    rules text not null,
    features text not null,         -- hash in the name of its feature files
    tagged_at timestamptz not null,
    primary key (part)
);

-- One row a signal: what a rule saw at a step.
create table findings (
    part text not null,
    trajectory_id text not null,
    version text not null,
    lane text not null,
    step integer not null,          -- the row that shows it
    call_step integer,              -- the call it is about
    kind text not null,
    signal text not null,
    firm boolean not null,          -- false: nominates, never decides alone
    field text not null,
    quote text not null,            -- the evidence span's text, as in the redacted step
    span_start integer not null,    -- characters into the field
    span_end integer not null
);

-- One row an episode (docs/reference/episodes.md: onset, manifest, detect, reroute, recovery, close).
create table episodes (
    part text not null,
    episode_id text not null,       -- hash of trajectory, lane, onset and the prefix through the manifest
    trajectory_id text not null,
    version text not null,
    lane text not null,
    kind text not null,
    outcome text not null,
    cause text not null,
    assisted text not null,         -- user_assisted | agent_initiated
    clarified boolean not null,
    local_recovered boolean not null,
    nominated boolean not null,     -- no firm signal: a person decides
    score double not null,          -- 0..1, not calibrated: how sure the rules are
    onset_step integer not null,
    manifest_step integer not null,
    detect_step integer,
    reroute_step integer,
    recovery_step integer,          -- the recovering call
    recovery_result_step integer,
    close_step integer not null,
    goal text[] not null,
    failed_tool text,
    failed_signature text,
    repair_tool text,
    repair_signature text,
    error_template text,
    actions integer not null,       -- actions while open, the first failure and the recovery included
    failures integer not null,      -- failing actions in it
    tokens_open bigint,
    cost_open_usd double,
    hinted boolean not null,
    near_miss boolean not null,
    looped boolean not null,
    lost_call boolean not null,
    failed_at timestamptz,          -- by the trace's own clock
    prefix_hash text not null,      -- of the steps through the judged span
    evidence struct(
        step integer, field text, quote text, signal text, span_start integer, span_end integer
    )[] not null                    -- no key: an id stays the same when a run grows, so two versions may share one
);

-- One row an episode of a current trajectory version, with run outcome and grades applied (sql/across/labels.sql).
create table labels (
    episode_id text not null,
    trajectory_id text not null,
    version text not null,
    format text not null,
    task_id text,
    run_outcome text,               -- pass | fail | unknown, of the strongest source; null: nobody said
    is_failure boolean,             -- null: only a person can say
    outcome_final text not null,
    tier text,                      -- A | B | C; null: not recovered, or not decided
    label_source text not null,     -- rules | grades | conflict
    cause text not null,
    keep boolean                    -- a person said keep or drop
);

-- Review tasks that were written or sent.
create table reviews (
    task_id text primary key,       -- ours; the external id of Label Studio's task
    episode_id text not null,
    trajectory_id text not null,
    prefix_hash text not null,
    span_start integer not null,    -- steps judged
    span_end integer not null,
    kind text not null,             -- as the rules saw it when the task was planned
    outcome text not null,
    score double not null,
    reason text not null,           -- why it was chosen: ambiguous, random
    weight double not null,         -- inverse of the chance of being drawn
    batch text not null,
    planned_at timestamptz not null,
    pushed_at timestamptz,
    outbox_file text
);

-- One row an annotation that came back: one person's reply to one task, also where it was skipped.
create table annotations (
    task_id text not null,
    annotator text not null,        -- keyed pseudonym
    skipped boolean not null,
    comment text not null,          -- redacted
    seconds double,
    annotated_at timestamptz not null,
    pulled_at timestamptz not null,
    primary key (task_id, annotator)
);

-- One row an answer of one person to one question.
create table grades (
    grade_id text primary key,      -- hash of task, annotator, question
    task_id text,
    episode_id text not null,       -- as it was when graded; found again by trajectory and overlap of spans
    trajectory_id text not null,
    prefix_hash text not null,
    span_start integer not null,    -- steps judged
    span_end integer not null,
    question text not null,
    answer text not null,
    annotator text not null,        -- keyed pseudonym
    origin text not null,           -- manual | prediction | prediction-changed
    seconds double,
    graded_at timestamptz not null,
    pulled_at timestamptz not null
);

create table datasets (
    recipe text not null,
    version text not null,          -- hash of rows and recipe
    dialect text not null,
    rows integer not null,
    train_rows integer not null,
    validation_rows integer not null,
    folder text not null,           -- relative to data_dir
    passed boolean not null,
    manifest text not null,         -- JSON
    created_at timestamptz not null,
    primary key (recipe, version)
);

create table dataset_rows (
    recipe text not null,
    version text not null,
    row_id text not null,
    split text not null,
    line integer not null,          -- 0-based in its file
    episode_id text,
    trajectory_id text not null,
    trajectory_version text not null,
    first_step integer not null,
    last_step integer not null,
    primary key (recipe, version, row_id)
);

-- The drop ledger: what an export left out, and why.
create table dropped (
    recipe text not null,
    version text not null,
    candidate text not null,        -- episode or trajectory
    trajectory_id text not null,
    rule text not null,
    reason text not null
);

-- One row a fine-tuning job that was meant, written before anything is sent.
create table jobs (
    job_key text primary key,       -- ours, from dataset, provider, address, model and settings: one key, one job
    recipe text not null,
    version text not null,
    provider text not null,
    base_url text not null,
    model text not null,
    method text not null,
    training_file text,             -- the provider's id, once uploaded
    validation_file text,
    provider_job_id text,
    status text not null,           -- intended | uploading | creating | refused | put off | the provider's own
    creating_at timestamptz,        -- when the creating call went out, as long as its answer is not known
    price_usd double,               -- null: unknown
    price_note text not null,       -- what the price rests on
    request text not null,          -- JSON, without secrets
    response text,                  -- JSON, the provider's last word on the job
    fine_tuned_model text,
    error text,
    intended_at timestamptz not null,
    updated_at timestamptz not null
);

-- What happened to a job, by us and by the provider.
create table job_events (
    job_key text not null,
    event_id text not null,         -- the provider's, or ours
    happened_at timestamptz not null,
    origin text not null check (origin in ('reroute', 'provider')),
    level text not null,            -- info | warn | error
    event text not null,
    detail text,
    primary key (job_key, event_id)
);

create table alarms (
    alarm_id text primary key,
    stage text not null,
    subject text not null,
    message text not null,
    raised_at timestamptz not null,
    acknowledged_at timestamptz
);
