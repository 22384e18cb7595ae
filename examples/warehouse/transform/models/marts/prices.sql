select
    *,
    -- Some areas are 0.
    round(resale_price / nullif(floor_area_sqm, 0), 2) as price_per_sqm
from {{ ref('stg_resale_flat_prices') }}
