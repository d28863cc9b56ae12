-- Which signs speak for which kind, how many are firm, and one example of each.
select
    findings.kind,
    findings.signal,
    count(*) as signs,
    count(*) filter (where findings.firm) as firm,
    any_value(findings.quote) as example,
from findings
group by all
order by findings.kind, signs desc, findings.signal
