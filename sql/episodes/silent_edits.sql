-- One row an edit that changed nothing, as the same look at the file right before and right after it shows.
-- Grain: action_key.
-- Reason: `sed -i` says nothing when its pattern does not match. Two equal looks at the file with nothing between them
-- but this one edit of it nominate: the look may still have been at another part of the file.

with touches as (
    select
        acts.lane_key,
        acts.action_key,
        acts.signature_key,
        acts.observation_hash,
        acts.program,
        acts.writes,
        acts.family = 'read' and acts.outcome_hint = 'ok' and not coalesce(acts.empty, false) as looks,
        unnest(list_distinct(coalesce(acts.targets, []) || coalesce(acts.writes_targets, []))) as target,
    from acts
    where acts.writes or (acts.family = 'read' and acts.observation_hash is not null)
),

in_order as (
    select
        touches.*,
        lag(touches.looks and not touches.writes) over beside as looked_before,
        lead(touches.looks and not touches.writes) over beside as looked_after,
        lag(touches.signature_key) over beside as signature_before,
        lead(touches.signature_key) over beside as signature_after,
        lag(touches.observation_hash) over beside as hash_before,
        lead(touches.observation_hash) over beside as hash_after,
    from touches
    where starts_with(touches.target, 'file:')
    window beside as (partition by touches.lane_key, touches.target order by touches.action_key)
)

select distinct
    in_order.lane_key,
    in_order.action_key,
from in_order
semi join silent_editors on in_order.program = silent_editors.program
semi join edits on in_order.action_key = edits.action_key
where
    in_order.writes
    and in_order.looked_before
    and in_order.looked_after
    and in_order.signature_before = in_order.signature_after
    and in_order.hash_before = in_order.hash_after
