-- One row a sign that an action on a page did nothing.
-- Grain: (action_key, signal, span_start).
-- Reason: an element that is not there, stale or hidden is said by the tool. After a click, the very page that was
-- shown before nominates; typing and scrolling never do, nor a click into a field that is typed into next.

with pages as (
    select
        acts.action_key,
        acts.lane_key,
        acts.turn,
        acts.call_step,
        acts.result_step,
        acts.gesture,
        acts.page,
        acts.observation_hash,
        lag(acts.page) over in_order as last_page,
        lag(acts.observation_hash) over in_order as last_hash,
        lag(acts.turn) over in_order as last_turn,
        lead(acts.gesture) over in_order in ('type', 'press', 'select') as fills_next,
        list_filter(acts.targets, lambda target: starts_with(target, 'element:')) as elements, -- noqa: RF02
        coalesce(
            list_filter(
                lead(acts.targets) over in_order, lambda target: starts_with(target, 'element:') -- noqa: RF02
            ),
            []
        ) as next_elements,
    from acts
    where acts.page is not null
    window in_order as (partition by acts.lane_key order by acts.action_key)
)

select
    signal_hits.lane_key,
    signal_hits.action_key,
    signal_hits.step,
    signal_hits.call_step,
    signal_hits.kind,
    signal_hits.signal,
    signal_hits.firm,
    signal_hits.field,
    signal_hits.quote,
    signal_hits.span_start,
    signal_hits.span_end,
from signal_hits
where signal_hits.kind = 'ui.noeffect'
union all by name
select
    pages.lane_key,
    pages.action_key,
    pages.result_step as step,
    pages.call_step,
    'ui.noeffect' as kind,
    'page_unmoved' as signal,
    false as firm,
    'content' as field,
    '' as quote,
    0 as span_start,
    0 as span_end,
from pages
where
    pages.gesture = 'click'
    and pages.page = pages.last_page
    and pages.observation_hash = pages.last_hash
    and pages.turn != pages.last_turn
    and not (
        coalesce(pages.fills_next, false)
        and (len(pages.next_elements) = 0 or list_has_any(pages.elements, pages.next_elements))
    )
