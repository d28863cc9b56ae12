-- One row a reason for which records were quarantined.
-- Grain: reason. Reason: a growing reason is a format that changed.
select
    quarantine.reason,
    count(*) as records,
    count(distinct quarantine.path) as files,
from quarantine
group by quarantine.reason
order by records desc, quarantine.reason
