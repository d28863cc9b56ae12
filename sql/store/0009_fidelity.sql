-- What became of the records of each file, and what in them is not known.

-- One row a file (or a chunk of a long one), record type and reason. The rows of a file with the unit `record` add up
-- to all the records that it has.
create table fidelity (
    source text not null,           -- name of the source in reroute.toml
    path text not null,             -- relative to the source
    start_byte bigint not null,     -- of the chunk, as in files; 0 for a whole file
    format text,                    -- that claimed the file; null: none
    unit text not null,             -- record | value (left out of a step that stays) | file (passed by as a whole)
    record_type text not null,      -- as its format names it, such as `message/user`; of a value, what it is; redacted
    reason text,                    -- why it is in no step; null: it is in steps
    records bigint not null         -- how many
);

-- One row a thing that a format does not know of the records it was given, said once when it was first found.
create table drift (
    format text not null,           -- whose files it was found in
    what text not null,             -- record type | new key | missing key
    name text not null,             -- the type or key; redacted
    records bigint not null,        -- records of the type, or files, when it was first found
    path text not null,             -- one of the files
    first_seen timestamptz not null, -- when it was first found
    primary key (format, what, name)
);
