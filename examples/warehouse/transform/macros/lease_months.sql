{# "61 years 04 months", "61 years" and "61" as a number of months. #}
{% macro lease_months(column) %}
    cast({{ first_group(column, '^([0-9]+)') }} as {{ dbt.type_int() }}) * 12
        + coalesce(cast({{ first_group(column, '([0-9]+) month') }} as {{ dbt.type_int() }}), 0)
{%- endmacro %}

{% macro first_group(column, pattern) %}
    {{- return(adapter.dispatch('first_group')(column, pattern)) }}
{% endmacro %}

{% macro default__first_group(column, pattern) -%} substring({{ column }} from '{{ pattern }}') {%- endmacro %}

{% macro bigquery__first_group(column, pattern) -%} regexp_extract({{ column }}, r'{{ pattern }}') {%- endmacro %}
