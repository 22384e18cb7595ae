select
    town,
    flat_type,
    count(*) as sales,
    round(avg(resale_price), 2) as average_price,
    round(avg(floor_area_sqm), 2) as average_area_sqm,
    round(avg(price_per_sqm), 2) as average_price_per_sqm
from {{ ref('prices') }}
group by town, flat_type
