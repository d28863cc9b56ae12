-- One row a format, unit and reason: what became of what its files hold.
-- Grain: format, unit, reason, and of a value what it is. Reason: what is read is what everything after it rests on. Of
-- the unit `record` the numbers add up to all records of a format.
select
    fidelity.format,
    fidelity.unit,
    coalesce(fidelity.reason, 'in steps') as reason,
    case when fidelity.unit = 'value' then fidelity.record_type end as what,
    sum(fidelity.records)::bigint as records,
from fidelity
where fidelity.format is not null
group by all
order by fidelity.format, fidelity.unit, records desc, reason, what
