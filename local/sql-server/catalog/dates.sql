-- Date and time functions. All times are UTC.
CREATE FUNCTION tsql.sysutcdatetime() RETURNS timestamp STABLE LANGUAGE sql AS $$ SELECT clock_timestamp() AT TIME ZONE 'utc' $$;
CREATE FUNCTION tsql.sysdatetime() RETURNS timestamp STABLE LANGUAGE sql AS $$ SELECT tsql.sysutcdatetime() $$;
CREATE FUNCTION tsql.getdate() RETURNS timestamp(3) STABLE LANGUAGE sql AS $$ SELECT tsql.sysutcdatetime()::timestamp(3) $$;
CREATE FUNCTION tsql.getutcdate() RETURNS timestamp(3) STABLE LANGUAGE sql AS $$ SELECT tsql.getdate() $$;
CREATE FUNCTION tsql.sysdatetimeoffset() RETURNS timestamptz STABLE LANGUAGE sql AS $$ SELECT clock_timestamp() $$;

CREATE FUNCTION tsql.unknown_datepart(part text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tsql.fail(155, format('''%s'' is not a recognized datepart option.', part));
  RETURN NULL;
END $$;
CREATE FUNCTION tsql.dateadd(part text, n int8, d timestamp) RETURNS timestamp STABLE STRICT LANGUAGE sql AS $$
  SELECT d + CASE part
    WHEN 'year' THEN make_interval(years => n::int) WHEN 'quarter' THEN make_interval(months => 3 * n::int)
    WHEN 'month' THEN make_interval(months => n::int) WHEN 'week' THEN make_interval(weeks => n::int)
    WHEN 'day' THEN make_interval(days => n::int) WHEN 'dayofyear' THEN make_interval(days => n::int)
    WHEN 'weekday' THEN make_interval(days => n::int) WHEN 'hour' THEN make_interval(hours => n::int)
    WHEN 'minute' THEN make_interval(mins => n::int) WHEN 'second' THEN make_interval(secs => n)
    WHEN 'millisecond' THEN make_interval(secs => n / 1000.0) WHEN 'microsecond' THEN make_interval(secs => n / 1000000.0)
    ELSE tsql.unknown_datepart(part)::interval END $$;
CREATE FUNCTION tsql.dateadd(part text, n int8, d timestamptz) RETURNS timestamptz STABLE STRICT LANGUAGE sql AS $$
  SELECT tsql.dateadd(part, n, d AT TIME ZONE 'utc') AT TIME ZONE 'utc' $$;
CREATE FUNCTION tsql.dateadd(part text, n int8, d text) RETURNS timestamp STABLE STRICT LANGUAGE sql AS $$ SELECT tsql.dateadd(part, n, d::timestamp) $$;
CREATE FUNCTION tsql.dateadd(part text, n int8, d date) RETURNS date STABLE STRICT LANGUAGE sql AS $$ SELECT tsql.dateadd(part, n, d::timestamp)::date $$;

-- Counts the boundaries between two times, as DATEDIFF does.
CREATE FUNCTION tsql.datediff_big(part text, a timestamp, b timestamp) RETURNS int8 STABLE STRICT LANGUAGE plpgsql AS $$
BEGIN
  RETURN (CASE
    WHEN part = 'year' THEN extract(year FROM b) - extract(year FROM a)
    WHEN part = 'quarter' THEN (extract(year FROM b) - extract(year FROM a)) * 4 + extract(quarter FROM b) - extract(quarter FROM a)
    WHEN part = 'month' THEN (extract(year FROM b) - extract(year FROM a)) * 12 + extract(month FROM b) - extract(month FROM a)
    WHEN part = 'week' THEN (b::date - date '1899-12-31') / 7 - (a::date - date '1899-12-31') / 7
    WHEN part IN ('day', 'dayofyear', 'weekday') THEN b::date - a::date
    WHEN part = 'hour' THEN extract(epoch FROM date_trunc('hour', b) - date_trunc('hour', a)) / 3600
    WHEN part = 'minute' THEN extract(epoch FROM date_trunc('minute', b) - date_trunc('minute', a)) / 60
    WHEN part = 'second' THEN extract(epoch FROM date_trunc('second', b) - date_trunc('second', a))
    WHEN part = 'millisecond' THEN extract(epoch FROM date_trunc('millisecond', b) - date_trunc('millisecond', a)) * 1000
    WHEN part = 'microsecond' THEN extract(epoch FROM b - a) * 1000000
    ELSE tsql.unknown_datepart(part)::numeric END)::int8;
END $$;
CREATE FUNCTION tsql.datediff(part text, a timestamp, b timestamp) RETURNS int4 STABLE STRICT LANGUAGE sql AS $$ SELECT tsql.datediff_big(part, a, b)::int4 $$;
CREATE FUNCTION tsql.datepart(part text, d timestamp) RETURNS int4 STABLE STRICT LANGUAGE sql AS $$
  SELECT CASE part
    WHEN 'weekday' THEN extract(dow FROM d) + 1 WHEN 'iso_week' THEN extract(week FROM d)
    WHEN 'dayofyear' THEN extract(doy FROM d) WHEN 'millisecond' THEN extract(millisecond FROM d)::int % 1000
    WHEN 'second' THEN trunc(extract(second FROM d))
    WHEN 'week' THEN (extract(doy FROM d)::int + extract(dow FROM date_trunc('year', d))::int - 1) / 7 + 1
    ELSE date_part(part, d) END::int4 $$;
CREATE FUNCTION tsql.year(timestamp) RETURNS int4 IMMUTABLE LANGUAGE sql AS $$ SELECT extract(year FROM $1)::int4 $$;
CREATE FUNCTION tsql.month(timestamp) RETURNS int4 IMMUTABLE LANGUAGE sql AS $$ SELECT extract(month FROM $1)::int4 $$;
CREATE FUNCTION tsql.day(timestamp) RETURNS int4 IMMUTABLE LANGUAGE sql AS $$ SELECT extract(day FROM $1)::int4 $$;
CREATE FUNCTION tsql.eomonth(timestamp, int4 DEFAULT 0) RETURNS date IMMUTABLE LANGUAGE sql AS $$
  SELECT (date_trunc('month', $1) + make_interval(months => $2 + 1) - interval '1 day')::date $$;
CREATE FUNCTION tsql.datefromparts(int4, int4, int4) RETURNS date IMMUTABLE LANGUAGE sql AS $$ SELECT make_date($1, $2, $3) $$;
CREATE FUNCTION tsql.format(timestamp, text) RETURNS text IMMUTABLE LANGUAGE sql AS $$
  SELECT to_char($1, replace(replace(replace(replace(replace($2, 'yyyy', 'YYYY'), 'dd', 'DD'), 'HH', 'HH24'), 'mm', 'MI'), 'ss', 'SS')) $$;
