-- The store's tables. Numbered files here run once, in order; a later change is a later file.

-- One row a chunk of a source file that was read whole: what is here and unchanged is not read again.
create table files (
    source text not null,           -- name of the source in reroute.toml
    path text not null,             -- relative to the source
    start_byte bigint not null,     -- 0 for a whole file
    end_byte bigint not null,       -- exclusive
    file_size bigint not null,      -- bytes, when the chunk was read
    mtime_ns bigint not null,       -- of the file, nanoseconds since the epoch
    sha256 text not null,           -- of the chunk's bytes
    format text,                    -- null: no known format
    reader_version bigint not null, -- of the format; where there is none, of the set of formats that looked at it
    redaction_version integer not null, -- of the redaction rules that were applied
    trajectories integer not null,  -- that the chunk holds
    rejected integer not null,      -- records that could not be read
    weighed boolean not null,       -- its share of rejected records was compared with the alarm's
    collected_at timestamptz not null, -- when it was read
    primary key (source, path, start_byte)
);

-- One row a record that could not be read.
create table quarantine (
    quarantine_id text primary key, -- hash of source, path, position and content
    source text not null,           -- name of the source in reroute.toml
    path text not null,             -- relative to the source
    format text,                    -- that claimed the file; null: none
    source_index bigint not null,   -- 0-based record; -1: the whole file
    byte_offset bigint not null,    -- of the record in its file
    reason text not null,           -- why it could not be read; redacted
    sha256 text not null,           -- of the record's bytes
    excerpt text not null,          -- redacted
    raw blob,                       -- only where the configuration asks
    weighed boolean not null,       -- counted once for the alarm: known ones never raise it again
    first_seen timestamptz not null -- when it was first found
);

-- One row a committed lake part. A part exists when its row does.
create table parts (
    part text primary key,          -- hash of its rows
    trajectories integer not null,  -- trajectory versions in it
    steps bigint not null,          -- rows of lake/steps in it
    bytes bigint not null,          -- of its two files
    schema_version integer not null, -- of the canonical record
    redaction_version integer not null, -- of the redaction rules that were applied
    committed_at timestamptz not null -- when this row was written
);

-- One row a trajectory version; at most one version of a trajectory is current (none, where a newer reader no longer
-- reads it from its file).
create table trajectories (
    trajectory_id text not null,    -- hash of the source's name and the run id (else of the content)
    version text not null,          -- hash of the canonical steps before redaction
    part text not null,             -- the lake part that holds it
    source text not null,           -- name of the source in reroute.toml
    path text not null,             -- of its file, relative to the source
    format text not null,           -- name of the format that read it
    reader_version bigint not null, -- that last read it
    run_id text,                    -- that the source declares; null: none that is unique
    task_id text,                   -- that the source declares; null: none
    task text,                      -- what was asked, in words; redacted
    agent text,                     -- that the source names
    model text,                     -- that the source names
    started_at timestamptz,         -- by the trace's own clock
    ended_at timestamptz,           -- by the trace's own clock
    split_group text,               -- what no split may separate: task, repository or site
    steps integer not null,         -- rows of lake/steps
    input_tokens bigint,            -- sum over the steps; null: not stated
    output_tokens bigint,           -- sum over the steps; null: not stated
    reasoning_tokens bigint,        -- sum over the steps; null: not stated
    cached_tokens bigint,           -- sum over the steps; null: not stated
    cost_usd double,                -- sum over the steps; null: not stated
    source_index bigint not null,   -- 0-based (first) record in its file
    metadata text not null,         -- JSON
    is_current boolean not null,    -- the version that all later stages use
    conflict boolean not null,      -- another version stands beside it: neither holds what was said in the other
    collected_at timestamptz not null, -- when it was read
    primary key (trajectory_id, version)
);

-- What somebody who could know said about how a run ended.
create table outcomes (
    trajectory_id text not null,
    outcome text not null check (outcome in ('pass', 'fail', 'unknown')), -- run outcome: pass | fail | unknown
    reward double,                  -- as the source states it; null: none
    source text not null check (source in ('verifier', 'human', 'declared')), -- verifier | human | declared
    stated_at timestamptz,          -- when it was said; null: not stated
    recorded_at timestamptz not null, -- when it was written here
    primary key (trajectory_id, source)
);

-- The strongest statement about each run.
create view strongest_outcomes as
select
    trajectory_id,
    outcome,                        -- run outcome: pass | fail | unknown
    reward,                         -- as the source states it; null: none
    source,                         -- who says so: verifier | human | declared
    stated_at,                      -- when it was said; null: not stated
    recorded_at,                    -- when it was written here
from outcomes
qualify row_number() over (
    partition by trajectory_id
    order by case source when 'verifier' then 1 when 'human' then 2 else 3 end
) = 1;

-- One row a part that was tagged with these rules (hash of feature code, SQL, lexicons, thresholds).
create table tagged_parts (
    part text not null,
    rules text not null,            -- hash of feature code, SQL, lexicons and thresholds
    features text not null,         -- hash in the name of its feature files
    tagged_at timestamptz not null, -- when it was tagged
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
    kind text not null,             -- of `sql/lexicons/kinds.csv`
    signal text not null,           -- that the rule goes by, such as no_such_file
    firm boolean not null,          -- false: nominates, never decides alone
    field text not null,            -- of the step, such as content
    quote text not null,            -- the evidence span's text, as in the redacted step
    span_start integer not null,    -- characters into the field
    span_end integer not null       -- characters into the field, exclusive
);

-- One row an episode (docs/reference/episodes.md: onset, manifest, detect, reroute, recovery, close).
create table episodes (
    part text not null,
    episode_id text not null,       -- hash of trajectory, lane, onset and the prefix through the manifest
    trajectory_id text not null,
    version text not null,
    lane text not null,
    kind text not null,             -- of `sql/lexicons/kinds.csv`
    outcome text not null,          -- episode outcome by the rules: see episodes.md
    cause text not null,            -- agent | environment | user | policy | ambiguous
    assisted text not null,         -- user_assisted | agent_initiated
    clarified boolean not null,     -- the agent asked, and the answer supplied a value that the later call uses
    local_recovered boolean not null, -- the outcome is a recovery, whatever became of the run
    nominated boolean not null,     -- no firm signal: a person decides
    score double not null,          -- 0..1, not calibrated: how sure the rules are
    onset_step integer not null,    -- the failing call: the failure step
    manifest_step integer not null, -- the result that shows the failure: the evidence step
    detect_step integer,            -- the agent's first sign of having noticed; null: none
    reroute_step integer,           -- the first changed action after it; null: none
    recovery_step integer,          -- the recovering call
    recovery_result_step integer,   -- the result that shows the recovery; null: not recovered
    close_step integer not null,    -- the last step that counts for the episode
    goal text[] not null,           -- targets of the failing call that are not common in its run
    failed_tool text,               -- of the failing call
    failed_signature text,          -- tool and normalised arguments of the failing call
    repair_tool text,               -- of the recovering call
    repair_signature text,          -- tool and normalised arguments of the recovering call
    error_template text,            -- the line that names the error, with particulars masked
    actions integer not null,       -- actions while open, the first failure and the recovery included
    failures integer not null,      -- failing actions in it
    tokens_open bigint,             -- tokens of the steps while it was open; null: not stated
    cost_open_usd double,           -- US dollars of the steps while it was open; null: not stated
    hinted boolean not null,        -- the failing result names a word that only the recovering call uses
    near_miss boolean not null,     -- refused by a linter and repaired at once, or denied and then granted
    looped boolean not null,        -- the same failure again and again before it ended
    lost_call boolean not null,     -- a call of a rejected reply, never repaired
    failed_at timestamptz,          -- by the trace's own clock
    prefix_hash text not null,      -- of the steps through the judged span
    -- quoted spans of redacted steps
    evidence struct(
        step integer, field text, quote text, signal text, span_start integer, span_end integer
    )[] not null                    -- no key: an id stays the same when a run grows, so two versions may share one
);

-- One row an episode of a current trajectory version, with run outcome and grades applied (sql/across/labels.sql).
create table labels (
    episode_id text not null,
    trajectory_id text not null,
    version text not null,
    format text not null,           -- of the run
    task_id text,                   -- the task that the source declares; null: none
    run_outcome text,               -- pass | fail | unknown, of the strongest source; null: nobody said
    is_failure boolean,             -- null: only a person can say
    outcome_final text not null,    -- episode outcome with people's grades applied
    tier text,                      -- A | B | C; null: not recovered, or not decided
    label_source text not null,     -- rules | grades | conflict
    cause text not null,            -- agent | environment | user | policy | ambiguous
    keep boolean                    -- a person said keep or drop
);

-- Review tasks that were written or sent.
create table reviews (
    task_id text primary key,       -- ours; the external id of Label Studio's task
    episode_id text not null,
    trajectory_id text not null,
    prefix_hash text not null,
    span_start integer not null,    -- steps judged
    span_end integer not null,      -- the last of them
    kind text not null,             -- as the rules saw it when the task was planned
    outcome text not null,          -- as the rules saw it when the task was planned
    score double not null,          -- as the rules saw it when the task was planned
    reason text not null,           -- why it was chosen: ambiguous, random
    weight double not null,         -- inverse of the chance of being drawn
    batch text not null,            -- the tasks of one plan
    planned_at timestamptz not null, -- when it was chosen
    pushed_at timestamptz,          -- when it was sent to Label Studio; null: it was not
    outbox_file text                -- where it was written instead; null: nowhere
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
    task_id text,                   -- of `reviews`; null: graded outside it
    episode_id text not null,       -- as it was when graded; found again by trajectory and overlap of spans
    trajectory_id text not null,
    prefix_hash text not null,
    span_start integer not null,    -- steps judged
    span_end integer not null,      -- the last of them
    question text not null,         -- name in labeling/questions.toml
    answer text not null,           -- value of a choice of that question
    annotator text not null,        -- keyed pseudonym
    origin text not null,           -- manual | prediction | prediction-changed
    seconds double,                 -- that the annotator took for the whole task
    graded_at timestamptz not null, -- when the person answered
    pulled_at timestamptz not null  -- when it was read from Label Studio
);

-- One row a dataset that was written or refused by its gates.
create table datasets (
    recipe text not null,           -- name of the file in exports/recipes
    version text not null,          -- hash of rows and recipe
    dialect text not null,          -- form of the rows: a module of src/reroute/export/dialects
    rows integer not null,          -- both splits
    train_rows integer not null,    -- in train.jsonl
    validation_rows integer not null, -- in validation.jsonl
    folder text not null,           -- relative to data_dir
    passed boolean not null,        -- all gates; a dataset that fails one has no training file
    manifest text not null,         -- JSON
    created_at timestamptz not null, -- when the folder was written
    primary key (recipe, version)
);

-- One row a row of a dataset, with the steps that it is made from.
create table dataset_rows (
    recipe text not null,
    version text not null,
    row_id text not null,           -- hash of the candidate, its version and the steps that the row shows
    split text not null,            -- train | validation
    line integer not null,          -- 0-based in its file
    episode_id text,                -- null: a clean run
    trajectory_id text not null,
    trajectory_version text not null, -- of the run that the row is made from
    first_step integer not null,    -- of the run's steps that the row shows
    last_step integer not null,     -- of the run's steps that the row shows
    primary key (recipe, version, row_id)
);

-- The drop ledger: what an export left out, and why.
create table dropped (
    recipe text not null,
    version text not null,
    candidate text not null,        -- episode or trajectory
    trajectory_id text not null,
    rule text not null,             -- name of the rule that left it out
    reason text not null            -- the rule's sentence about this candidate
);

-- One row a fine-tuning job that was meant, written before anything is sent.
create table jobs (
    job_key text primary key,       -- ours, from dataset, provider, address, model and settings: one key, one job
    recipe text not null,
    version text not null,
    provider text not null,         -- a module of src/reroute/tune/providers
    base_url text not null,         -- of the provider's interface
    model text not null,            -- base model
    method text not null,           -- sft | rft | dpo
    training_file text,             -- the provider's id, once uploaded
    validation_file text,           -- the provider's id, once uploaded
    provider_job_id text,           -- the provider's id; null: not created yet
    status text not null,           -- intended | uploading | creating | refused | put off | the provider's own
    creating_at timestamptz,        -- when the creating call went out, as long as its answer is not known
    price_usd double,               -- null: unknown
    price_note text not null,       -- what the price rests on
    request text not null,          -- JSON, without secrets
    response text,                  -- JSON, the provider's last word on the job
    fine_tuned_model text,          -- the provider's name of what came out; null: nothing yet
    error text,                     -- what went wrong, in words; null: nothing
    intended_at timestamptz not null, -- when it was first written here
    updated_at timestamptz not null -- of the last change of this row
);

-- What happened to a job, by us and by the provider.
create table job_events (
    job_key text not null,
    event_id text not null,         -- the provider's, or ours
    happened_at timestamptz not null, -- by the origin's clock
    origin text not null check (origin in ('reroute', 'provider')), -- who says so: reroute | provider
    level text not null,            -- info | warn | error
    event text not null,            -- what happened, in words
    detail text,                    -- the rest of it; JSON where it is the provider's
    primary key (job_key, event_id)
);

-- What a person should look at.
create table alarms (
    alarm_id text primary key,      -- hash of stage, subject and cause: one alarm is raised once
    stage text not null,            -- that raised it
    subject text not null,          -- what it is about, such as a source
    message text not null,          -- a sentence for a person
    raised_at timestamptz not null, -- when the stage raised it
    acknowledged_at timestamptz     -- null: open
);
