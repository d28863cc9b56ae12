-- Whose answer an annotation is: who gave it, who changed it last, and whether it still stands.

-- Of the judged span (`span_hash` in src/reroute/hashes.py); null: not in the lake when it was asked.
alter table reviews add column content_hash text;
alter table grades add column content_hash text; -- as in `reviews`
-- The annotation that the answer is from.
alter table grades add column annotation text;
update grades set annotation = annotator;

-- One row an annotation that came back: a reply to one task, also where it was skipped or is gone.
create table annotations_by_id (
    task_id text not null,          -- of `reviews`
    annotator text not null,        -- keyed pseudonym of who changed it last; the answers are this person's
    skipped boolean not null,       -- the annotator left the task without an answer
    comment text not null,          -- redacted
    seconds double,                 -- that the annotator took, by Label Studio
    annotated_at timestamptz not null, -- of the last change, by Label Studio
    pulled_at timestamptz not null, -- when it was read from Label Studio
    annotation text not null,       -- ours: from Label Studio's ids; without them the pseudonym of who gave it
    completed_by text not null,     -- keyed pseudonym of who gave it first
    label_studio_task text,         -- Label Studio's ids; null: from an export without them
    label_studio_id text,           -- of the annotation; null: from an export without ids
    as_of timestamptz not null,     -- it was there, or gone, at this moment; an older export changes nothing
    deleted boolean not null,       -- Label Studio no longer has it: it has no grades
    primary key (task_id, annotation)
);
insert into annotations_by_id
select
    annotations.*,
    annotations.annotator as annotation,
    annotations.annotator as completed_by,
    null as label_studio_task,
    null as label_studio_id,
    annotations.annotated_at as as_of,
    false as deleted,
from annotations;
drop table annotations;
alter table annotations_by_id rename to annotations;
