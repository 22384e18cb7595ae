-- A row here is a failure.
select
    (select count(*) from {{ ref('prices') }}) as sales,
    (select sum(sales) from {{ ref('prices_by_category') }}) as counted
from (select 1 as one) as once
where (select count(*) from {{ ref('prices') }}) <> (select sum(sales) from {{ ref('prices_by_category') }})
