-- JSON functions. Objects and arrays are printed by PostgreSQL: spacing and the order of keys may change.
CREATE FUNCTION tsql.isjson(text) RETURNS int4 IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT ($1 IS JSON)::int4 $$;
CREATE FUNCTION tsql.json_value(text, text) RETURNS text IMMUTABLE STRICT LANGUAGE sql AS $$
  SELECT CASE WHEN jsonb_typeof(j) NOT IN ('object', 'array') THEN j #>> '{}' END
    FROM (SELECT jsonb_path_query_first($1::jsonb, $2::jsonpath) AS j) x $$;
CREATE FUNCTION tsql.json_query(text, text DEFAULT '$') RETURNS text IMMUTABLE STRICT LANGUAGE sql AS $$
  SELECT CASE WHEN jsonb_typeof(j) IN ('object', 'array') THEN j::text END
    FROM (SELECT jsonb_path_query_first($1::jsonb, $2::jsonpath) AS j) x $$;
CREATE FUNCTION tsql.json_rows(text, text) RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
  SELECT CASE jsonb_typeof(j) WHEN 'array' THEN j WHEN 'object' THEN jsonb_build_array(j) ELSE '[]' END
    FROM (SELECT jsonb_path_query_first($1::jsonb, $2::jsonpath) AS j) x $$;
CREATE FUNCTION tsql.openjson(text, text DEFAULT '$') RETURNS TABLE(key text, value text, type int4) STABLE LANGUAGE sql AS $$
  SELECT k, v #>> '{}',
         CASE jsonb_typeof(v) WHEN 'null' THEN 0 WHEN 'string' THEN 1 WHEN 'number' THEN 2 WHEN 'boolean' THEN 3 WHEN 'array' THEN 4 ELSE 5 END
    FROM (SELECT jsonb_path_query_first($1::jsonb, $2::jsonpath) AS j) x,
         LATERAL (SELECT (place - 1)::text AS k, element AS v
                    FROM jsonb_array_elements(CASE WHEN jsonb_typeof(j) = 'array' THEN j ELSE '[]' END) WITH ORDINALITY a(element, place)
                  UNION ALL
                  SELECT e.key, e.value FROM jsonb_each(CASE WHEN jsonb_typeof(j) = 'object' THEN j ELSE '{}' END) e) y $$;
-- A row of FOR JSON: bytes, which PostgreSQL prints as \x and hexadecimal digits, become base64.
CREATE FUNCTION tsql.json_text(json) RETURNS text IMMUTABLE STRICT LANGUAGE plpgsql AS $$
DECLARE result text := $1::text; digits text;
BEGIN
  LOOP
    digits := substring(result FROM ':"\\\\x((?:[0-9a-f][0-9a-f])*)"');
    EXIT WHEN digits IS NULL;
    result := replace(result, ':"\\x' || digits || '"', ':"' || translate(encode(decode(digits, 'hex'), 'base64'), E'\n', '') || '"');
  END LOOP;
  RETURN result;
END $$;
