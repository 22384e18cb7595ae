select
    id,
    repo,
    tag_name as version,
    body as summary,
    published_at,
    -- A body that is not there holds no word; LIKE tells capitals apart.
    coalesce(body, '') like '%feature%' as is_feature,
    coalesce(body, '') like '%bug%' as is_bug,
    coalesce(body, '') like '%performance%' as is_performance
from {{ source('ingestion', 'releases') }}
where _sdc_deleted_at is null
