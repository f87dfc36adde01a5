-- Aggregates with T-SQL's result types: COUNT and the SUM and AVG of int are int.
CREATE AGGREGATE tsql.count(*) (sfunc = int8inc, stype = int8, initcond = '0', finalfunc = pg_catalog.int4);
CREATE AGGREGATE tsql.count("any") (sfunc = int8inc_any, stype = int8, initcond = '0', finalfunc = pg_catalog.int4);
CREATE AGGREGATE tsql.count_big(*) (sfunc = int8inc, stype = int8, initcond = '0');
CREATE AGGREGATE tsql.count_big("any") (sfunc = int8inc_any, stype = int8, initcond = '0');
CREATE AGGREGATE tsql.sum(int4) (sfunc = int4_sum, stype = int8, finalfunc = pg_catalog.int4);
CREATE AGGREGATE tsql.sum(int2) (sfunc = int2_sum, stype = int8, finalfunc = pg_catalog.int4);
CREATE FUNCTION tsql.add_int8(numeric, int8) RETURNS numeric IMMUTABLE LANGUAGE sql AS $$
  SELECT CASE WHEN $2 IS NULL THEN $1 ELSE coalesce($1, 0) + $2 END $$;
CREATE AGGREGATE tsql.sum(int8) (sfunc = tsql.add_int8, stype = numeric, finalfunc = pg_catalog.int8);
CREATE AGGREGATE tsql.sum(numeric) (sfunc = numeric_add, stype = numeric);
CREATE AGGREGATE tsql.sum(float8) (sfunc = float8pl, stype = float8);
CREATE FUNCTION tsql.int4_average(int8[]) RETURNS int4 IMMUTABLE LANGUAGE sql AS $$ SELECT CASE WHEN $1[1] > 0 THEN ($1[2] / $1[1])::int4 END $$;
CREATE AGGREGATE tsql.avg(int4) (sfunc = int4_avg_accum, stype = int8[], initcond = '{0,0}', finalfunc = tsql.int4_average);
CREATE FUNCTION tsql.add_numeric(numeric[], numeric) RETURNS numeric[] IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT ARRAY[$1[1] + 1, $1[2] + $2] $$;
CREATE FUNCTION tsql.numeric_average(numeric[]) RETURNS numeric IMMUTABLE LANGUAGE sql AS $$ SELECT CASE WHEN $1[1] > 0 THEN $1[2] / $1[1] END $$;
CREATE AGGREGATE tsql.avg(numeric) (sfunc = tsql.add_numeric, stype = numeric[], initcond = '{0,0}', finalfunc = tsql.numeric_average);
CREATE AGGREGATE tsql.avg(float8) (sfunc = float8_accum, stype = float8[], initcond = '{0,0,0}', finalfunc = float8_avg);
