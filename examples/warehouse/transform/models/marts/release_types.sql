{% for type in ['feature', 'bug', 'performance'] %}
select
    repo,
    '{{ type }}' as type,
    sum(case when is_{{ type }} then 1 else 0 end) as releases
from {{ ref('stg_releases') }}
group by repo
{% if not loop.last %}union all{% endif %}
{% endfor %}
