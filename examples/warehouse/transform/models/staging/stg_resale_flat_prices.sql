select
    id,
    cast({{ dbt.concat(['month', "'-01'"]) }} as date) as sold_in,
    town,
    flat_type,
    block,
    street_name,
    storey_range,
    cast({{ dbt.split_part('storey_range', "' TO '", 1) }} as {{ dbt.type_int() }}) as storey_low,
    cast({{ dbt.split_part('storey_range', "' TO '", 2) }} as {{ dbt.type_int() }}) as storey_high,
    cast(floor_area_sqm as {{ dbt.type_numeric() }}) as floor_area_sqm,
    flat_model,
    lease_commence_date,
    {{ lease_months('remaining_lease') }} as remaining_lease_months,
    cast(resale_price as {{ dbt.type_numeric() }}) as resale_price
from {{ source('ingestion', 'resale_flat_prices') }}
