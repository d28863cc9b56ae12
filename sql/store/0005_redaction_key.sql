-- One row a redaction key that this store was written with, the newest in use: by a hash that gives nothing of it away.
create table redaction_keys (
    fingerprint text primary key,
    since timestamptz not null
);
