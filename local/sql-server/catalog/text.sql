-- Text functions and conversions.
CREATE FUNCTION tsql.isnull(anycompatible, anycompatible) RETURNS anycompatible IMMUTABLE LANGUAGE sql AS $$ SELECT coalesce($1, $2) $$;
CREATE FUNCTION tsql.isnull(text, text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT coalesce($1, $2) $$;
CREATE FUNCTION tsql.isnull(bool, int4) RETURNS bool IMMUTABLE LANGUAGE sql AS $$ SELECT coalesce($1, $2 <> 0) $$;
CREATE FUNCTION tsql.len(text) RETURNS int4 IMMUTABLE LANGUAGE sql AS $$ SELECT length(rtrim($1, ' ')) $$;
CREATE FUNCTION tsql.len(int4) RETURNS int4 IMMUTABLE LANGUAGE sql AS $$ SELECT length($1::text) $$;
CREATE FUNCTION tsql.datalength(text) RETURNS int4 IMMUTABLE LANGUAGE sql AS $$ SELECT 2 * length($1) $$;
CREATE FUNCTION tsql.datalength(bytea) RETURNS int4 IMMUTABLE LANGUAGE sql AS $$ SELECT length($1) $$;
CREATE FUNCTION tsql.datalength(int4) RETURNS int4 IMMUTABLE LANGUAGE sql AS $$ SELECT CASE WHEN $1 IS NOT NULL THEN 4 END $$;
CREATE FUNCTION tsql.datalength(int8) RETURNS int4 IMMUTABLE LANGUAGE sql AS $$ SELECT CASE WHEN $1 IS NOT NULL THEN 8 END $$;
-- Both are in lower case, and PostgreSQL's own search is very slow under a collation that ignores it.
CREATE FUNCTION tsql.charindex(text, text) RETURNS int4 IMMUTABLE LANGUAGE sql AS $$ SELECT strpos(lower($2) COLLATE "C", lower($1) COLLATE "C") $$;
CREATE FUNCTION tsql.charindex(text, text, int4) RETURNS int4 IMMUTABLE LANGUAGE sql AS $$
  SELECT CASE WHEN found > 0 THEN found + greatest($3, 1) - 1 ELSE 0 END FROM (SELECT tsql.charindex($1, substr($2, greatest($3, 1))) AS found) x $$;
CREATE FUNCTION tsql.stuff(text, int4, int4, text) RETURNS text IMMUTABLE LANGUAGE sql AS $$
  SELECT CASE WHEN $2 BETWEEN 1 AND length($1) THEN overlay($1 PLACING coalesce($4, '') FROM $2 FOR $3) END $$;
CREATE FUNCTION tsql.space(int4) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT repeat(' ', $1) $$;
CREATE FUNCTION tsql.substring(text, int4, int4) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT substr($1, $2, $3) $$;
CREATE FUNCTION tsql.substring(bytea, int4, int4) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ SELECT substr($1, $2, $3) $$;
CREATE FUNCTION tsql.ascii(text) RETURNS int4 IMMUTABLE LANGUAGE sql AS $$ SELECT ascii($1) $$;
CREATE FUNCTION tsql.unicode(text) RETURNS int4 IMMUTABLE LANGUAGE sql AS $$ SELECT ascii($1) $$;
CREATE FUNCTION tsql."char"(int4) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT chr($1) $$;
CREATE FUNCTION tsql.nchar(int4) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT chr($1) $$;
CREATE FUNCTION tsql.square(float8) RETURNS float8 IMMUTABLE LANGUAGE sql AS $$ SELECT $1 * $1 $$;
CREATE FUNCTION tsql.isnumeric(text) RETURNS int4 IMMUTABLE LANGUAGE sql AS $$ SELECT coalesce(pg_input_is_valid($1, 'numeric'), false)::int4 $$;
CREATE FUNCTION tsql.concat_ws(text, VARIADIC text[]) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT array_to_string($2, $1) $$;
CREATE FUNCTION tsql.quotename(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT '[' || replace($1 COLLATE "C", ']', ']]') || ']' $$;
CREATE FUNCTION tsql.quotename(text, text) RETURNS text IMMUTABLE STRICT LANGUAGE sql AS $$
  SELECT CASE WHEN $2 IN ('[', ']', '[]') THEN tsql.quotename($1)
              WHEN $2 IN ('''', '"') THEN $2 || replace($1 COLLATE "C", $2, $2 || $2) || $2 END $$;
CREATE FUNCTION tsql.name_parts(text) RETURNS text[] IMMUTABLE STRICT LANGUAGE sql AS $$
  SELECT array_agg(CASE WHEN m[1] LIKE '[%' THEN replace(substr(m[1], 2, length(m[1]) - 2), ']]', ']')
                        WHEN m[1] LIKE '"%' THEN replace(substr(m[1], 2, length(m[1]) - 2), '""', '"')
                        ELSE m[1] END)
    FROM regexp_matches($1 COLLATE "C", '(\[(?:[^\]]|\]\])*\]|"(?:[^"]|"")*"|[^.\["]+|(?<=\.)(?=\.))', 'g') m $$;
CREATE FUNCTION tsql.parsename(text, int4) RETURNS text IMMUTABLE STRICT LANGUAGE sql AS $$
  SELECT nullif(p[array_length(p, 1) + 1 - $2], '') FROM tsql.name_parts($1) p $$;
CREATE FUNCTION tsql.string_escape(text, text) RETURNS text IMMUTABLE STRICT LANGUAGE sql AS $$
  SELECT CASE WHEN lower($2) = 'json' THEN substr(j, 2, length(j) - 2) END FROM (SELECT to_json($1)::text AS j) x $$;

-- LIKE with character classes, as an anchored regular expression.
CREATE FUNCTION tsql.like_regex(pattern text, escape text DEFAULT '') RETURNS text IMMUTABLE STRICT LANGUAGE plpgsql AS $$
DECLARE result text := '^'; rest text := pattern COLLATE "C"; class text;
BEGIN
  WHILE rest <> '' LOOP
    IF escape <> '' AND left(rest, 1) = escape AND length(rest) > 1 THEN
      result := result || regexp_replace(substr(rest, 2, 1), '([^[:alnum:]])', '\\\1'); rest := substr(rest, 3); CONTINUE;
    END IF;
    class := substring(rest FROM '^\[\^?.[^\]]*\]');
    IF class IS NOT NULL THEN
      rest := substr(rest, length(class) + 1);
      result := result || '[' || replace(replace(substr(class, 2, length(class) - 2), '\', '\\'), '[', '\[') || ']';
      CONTINUE;
    END IF;
    result := result || CASE left(rest, 1) WHEN '%' THEN '.*' WHEN '_' THEN '.'
      ELSE regexp_replace(left(rest, 1), '([^[:alnum:]])', '\\\1') END;
    rest := substr(rest, 2);
  END LOOP;
  RETURN result || '$';
END $$;
CREATE FUNCTION tsql.heeds_case(collation_name text) RETURNS bool IMMUTABLE LANGUAGE sql AS $$
  SELECT $1 IN ('"C"', 'pg_catalog."C"', 'unicode', 'pg_catalog.unicode', '"unicode"') $$;
CREATE FUNCTION tsql.matches(value text, regex text) RETURNS bool IMMUTABLE STRICT LANGUAGE plpgsql AS $$
BEGIN
  IF tsql.heeds_case(pg_collation_for(value)) THEN RETURN (value COLLATE "C") ~ regex; END IF;
  RETURN (value COLLATE "C") ~* regex;
END $$;
CREATE FUNCTION tsql.matches_not(value text, regex text) RETURNS bool IMMUTABLE STRICT LANGUAGE plpgsql AS $$
BEGIN
  RETURN NOT tsql.matches(value, regex);
END $$;
CREATE OPERATOR tsql.~~@ (leftarg = text, rightarg = text, function = tsql.matches);
CREATE OPERATOR tsql.!~~@ (leftarg = text, rightarg = text, function = tsql.matches_not);
CREATE FUNCTION tsql.patindex(pattern text, value text) RETURNS int4 IMMUTABLE STRICT LANGUAGE sql AS $body$
  SELECT regexp_instr(value COLLATE "C",
    CASE WHEN left(pattern, 1) = '%' THEN '' ELSE '^' END
    || regexp_replace(tsql.like_regex(trim(BOTH '%' FROM pattern)), '^\^|\$$', '', 'g')
    || CASE WHEN right(pattern, 1) = '%' THEN '' ELSE '$' END, 1, 1, 0, 'i') $body$;

-- PostgreSQL's own replace is very slow under a collation that ignores case.
CREATE FUNCTION tsql.replace(text, text, text) RETURNS text IMMUTABLE STRICT LANGUAGE plpgsql AS $$
BEGIN
  IF length($2) = 0 THEN RETURN $1; END IF;
  IF tsql.heeds_case(pg_collation_for($1)) THEN RETURN replace($1 COLLATE "C", $2, $3); END IF;
  RETURN regexp_replace($1 COLLATE "C", '***=' || $2, replace($3 COLLATE "C", '\', '\\'), 'gi');
END $$;

-- To text, as CAST gives it.
CREATE FUNCTION tsql.str(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1 $$;
CREATE FUNCTION tsql.str(bool) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1::int4::text $$;
CREATE FUNCTION tsql.str(int2) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1::text $$;
CREATE FUNCTION tsql.str(int4) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1::text $$;
CREATE FUNCTION tsql.str(int8) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1::text $$;
CREATE FUNCTION tsql.str(numeric) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1::text $$;
CREATE FUNCTION tsql.str(float8) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1::text $$;
CREATE FUNCTION tsql.str(uuid) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT upper($1::text) $$;
CREATE FUNCTION tsql.str(date) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1::text $$;
CREATE FUNCTION tsql.str(time) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1::text $$;
CREATE FUNCTION tsql.str(timestamp) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT to_char($1, 'YYYY-MM-DD HH24:MI:SS.US') || '0' $$;
CREATE FUNCTION tsql.str(timestamptz) RETURNS text STABLE LANGUAGE sql AS $$ SELECT to_char($1 AT TIME ZONE 'utc', 'YYYY-MM-DD HH24:MI:SS.US') || '0 +00:00' $$;
CREATE FUNCTION tsql.str(bytea) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT convert_from($1, 'LATIN1') $$;

CREATE FUNCTION tsql.convert_text(timestamp, int4) RETURNS text IMMUTABLE STRICT LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE $2
    WHEN 20 THEN to_char($1, 'YYYY-MM-DD HH24:MI:SS') WHEN 120 THEN to_char($1, 'YYYY-MM-DD HH24:MI:SS')
    WHEN 121 THEN tsql.str($1) WHEN 23 THEN to_char($1, 'YYYY-MM-DD') WHEN 112 THEN to_char($1, 'YYYYMMDD')
    WHEN 126 THEN replace(tsql.str($1), ' ', 'T') WHEN 127 THEN replace(tsql.str($1), ' ', 'T') || 'Z'
    WHEN 104 THEN to_char($1, 'DD.MM.YYYY') WHEN 108 THEN to_char($1, 'HH24:MI:SS')
    ELSE tsql.fail(281, $2 || ' is not a style the local SQL endpoint knows.')::text END;
END $$;
CREATE FUNCTION tsql.convert_text(bytea, int4) RETURNS text IMMUTABLE STRICT LANGUAGE sql AS $$
  SELECT CASE $2 WHEN 0 THEN tsql.str($1) WHEN 1 THEN '0x' || upper(encode($1, 'hex')) WHEN 2 THEN upper(encode($1, 'hex')) END $$;
CREATE FUNCTION tsql.convert_binary(text, int4) RETURNS bytea IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT decode(regexp_replace($1 COLLATE "C", '^0x', ''), 'hex') $$;
CREATE FUNCTION tsql.convert_date(text, int4) RETURNS timestamp STABLE STRICT LANGUAGE sql AS $$
  SELECT CASE $2 WHEN 104 THEN to_timestamp($1, 'DD.MM.YYYY')::timestamp ELSE $1::timestamp END $$;
CREATE FUNCTION tsql.try_cast(value text, type text, empty anyelement) RETURNS anyelement STABLE LANGUAGE plpgsql AS $$
DECLARE result empty%TYPE;
BEGIN
  IF value IS NULL OR NOT pg_input_is_valid(value, type) THEN RETURN NULL; END IF;
  EXECUTE format('SELECT %L::%s', value, type) INTO result;
  RETURN result;
END $$;

-- To integers.
CREATE FUNCTION tsql.to_int(text) RETURNS int8 IMMUTABLE LANGUAGE sql AS $$ SELECT CASE WHEN trim($1) = '' THEN 0 ELSE trim($1)::int8 END $$;
CREATE FUNCTION tsql.to_int(bool) RETURNS int8 IMMUTABLE LANGUAGE sql AS $$ SELECT $1::int4::int8 $$;
CREATE FUNCTION tsql.to_int(int2) RETURNS int8 IMMUTABLE LANGUAGE sql AS $$ SELECT $1::int8 $$;
CREATE FUNCTION tsql.to_int(int4) RETURNS int8 IMMUTABLE LANGUAGE sql AS $$ SELECT $1::int8 $$;
CREATE FUNCTION tsql.to_int(int8) RETURNS int8 IMMUTABLE LANGUAGE sql AS $$ SELECT $1 $$;
CREATE FUNCTION tsql.to_int(numeric) RETURNS int8 IMMUTABLE LANGUAGE sql AS $$ SELECT trunc($1)::int8 $$;
CREATE FUNCTION tsql.to_int(float8) RETURNS int8 IMMUTABLE LANGUAGE sql AS $$ SELECT trunc($1)::int8 $$;
CREATE FUNCTION tsql.to_int(bytea) RETURNS int8 IMMUTABLE LANGUAGE sql AS $$ SELECT ('x' || lpad(right(encode($1, 'hex'), 16), 16, '0'))::bit(64)::int8 $$;

-- Little-endian integers, as UTF-16 and gzip have them.
CREATE FUNCTION tsql.unit(int4) RETURNS bytea IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT set_byte(set_byte('\x0000'::bytea, 0, $1 & 255), 1, $1 >> 8) $$;
CREATE FUNCTION tsql.unit4(int8) RETURNS bytea IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT tsql.unit(($1 & 65535)::int4) || tsql.unit(($1 >> 16 & 65535)::int4) $$;

-- To bytes. A number fills binary(n) from the right, everything else from the left.
CREATE FUNCTION tsql.utf16_beyond_ascii(text) RETURNS bytea IMMUTABLE STRICT LANGUAGE sql AS $$
  SELECT coalesce(string_agg(CASE WHEN code < 65536 THEN tsql.unit(code) ELSE tsql.unit(55296 + ((code - 65536) >> 10)) || tsql.unit(56320 + ((code - 65536) & 1023)) END, '' ORDER BY place), '')
    FROM (SELECT ascii(character) AS code, place FROM string_to_table($1 COLLATE "C", NULL) WITH ORDINALITY t(character, place)) x $$;
-- Of ASCII, each character is followed by a zero: \000 in the format that decode reads.
CREATE FUNCTION tsql.utf16(text) RETURNS bytea IMMUTABLE STRICT LANGUAGE plpgsql AS $$
BEGIN
  IF octet_length($1) > length($1) OR $1 COLLATE "C" = '' OR strpos($1 COLLATE "C", '\') > 0 THEN RETURN tsql.utf16_beyond_ascii($1); END IF;
  RETURN decode(array_to_string(string_to_array($1 COLLATE "C", NULL), '\000') || '\000', 'escape');
END $$;
CREATE FUNCTION tsql.from_utf16(bytea) RETURNS text IMMUTABLE STRICT LANGUAGE plpgsql AS $$
DECLARE characters text[] := '{}'; place int := 0; code int; low int;
BEGIN
  WHILE place + 1 < length($1) LOOP
    code := get_byte($1, place) | (get_byte($1, place + 1) << 8); place := place + 2;
    IF code BETWEEN 55296 AND 56319 AND place + 1 < length($1) THEN
      low := get_byte($1, place) | (get_byte($1, place + 1) << 8); place := place + 2;
      code := 65536 + ((code - 55296) << 10) + (low - 56320);
    END IF;
    characters := characters || chr(code);
  END LOOP;
  RETURN array_to_string(characters, '');
END $$;
CREATE FUNCTION tsql.fit_right(bytea, int4) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$
  SELECT CASE WHEN $2 IS NULL THEN $1 WHEN length($1) >= $2 THEN substr($1, length($1) - $2 + 1) ELSE decode(repeat('00', $2 - length($1)), 'hex') || $1 END $$;
CREATE FUNCTION tsql.fit_left(bytea, int4) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$
  SELECT CASE WHEN $2 IS NULL THEN $1 WHEN length($1) >= $2 THEN substr($1, 1, $2) ELSE $1 || decode(repeat('00', $2 - length($1)), 'hex') END $$;
CREATE FUNCTION tsql.to_binary(bytea, int4) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ SELECT tsql.fit_left($1, $2) $$;
CREATE FUNCTION tsql.to_binary(text, int4) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ SELECT tsql.fit_left(tsql.utf16($1), $2) $$;
CREATE FUNCTION tsql.to_binary(uuid, int4) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ SELECT tsql.fit_left(uuid_send($1), $2) $$;
CREATE FUNCTION tsql.to_binary(int4, int4) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ SELECT tsql.fit_right(int4send($1), $2) $$;
CREATE FUNCTION tsql.to_binary(int8, int4) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ SELECT tsql.fit_right(int8send($1), $2) $$;
CREATE FUNCTION tsql.hashbytes(text, bytea) RETURNS bytea IMMUTABLE STRICT LANGUAGE plpgsql AS $$
BEGIN RETURN CASE upper($1) WHEN 'SHA2_256' THEN sha256($2) WHEN 'SHA2_512' THEN sha512($2) WHEN 'MD5' THEN decode(md5($2), 'hex') END; END $$;
CREATE FUNCTION tsql.hashbytes(text, text) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ SELECT tsql.hashbytes($1, tsql.utf16($2)) $$;
CREATE FUNCTION tsql.newid() RETURNS uuid VOLATILE LANGUAGE sql AS $$ SELECT gen_random_uuid() $$;
CREATE FUNCTION tsql.newsequentialid() RETURNS uuid VOLATILE LANGUAGE sql AS $$ SELECT uuidv7() $$;

CREATE FUNCTION tsql.string_split(text, text, int4 DEFAULT 0) RETURNS TABLE(value text, ordinal int8) IMMUTABLE LANGUAGE sql AS $$
  SELECT part, place FROM unnest(string_to_array($1 COLLATE "C", $2)) WITH ORDINALITY x(part, place) $$;
CREATE FUNCTION tsql.generate_series(int4, int4, int4 DEFAULT 1) RETURNS TABLE(value int4) IMMUTABLE LANGUAGE sql AS $$ SELECT pg_catalog.generate_series($1, $2, $3) $$;

-- To nvarchar: bytes are UTF-16.
CREATE FUNCTION tsql.national(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1 $$;
CREATE FUNCTION tsql.national(bytea) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT tsql.from_utf16($1) $$;
CREATE FUNCTION tsql.national(anynonarray) RETURNS text STABLE LANGUAGE sql AS $$ SELECT tsql.str($1) $$;

-- COMPRESS makes valid gzip of stored blocks, which are not smaller; DECOMPRESS reads only such gzip.
CREATE FUNCTION tsql.compress(bytea) RETURNS bytea IMMUTABLE STRICT LANGUAGE plpgsql AS $$
DECLARE result bytea := '\x1f8b0800000000000003'; place int := 1; block bytea;
BEGIN
  LOOP
    block := substr($1, place, 65535); place := place + 65535;
    result := result || CASE WHEN place > length($1) THEN '\x01'::bytea ELSE '\x00'::bytea END
      || tsql.unit(length(block)) || tsql.unit(65535 - length(block)) || block;
    EXIT WHEN place > length($1);
  END LOOP;
  RETURN result || tsql.unit4(crc32($1)) || tsql.unit4(length($1));
END $$;
CREATE FUNCTION tsql.compress(text) RETURNS bytea IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT tsql.compress(tsql.utf16($1)) $$;
CREATE FUNCTION tsql.decompress(bytea) RETURNS bytea IMMUTABLE STRICT LANGUAGE plpgsql AS $$
DECLARE result bytea := ''; place int := 10; size int; last int;
BEGIN
  IF substr($1, 1, 3) <> '\x1f8b08' THEN PERFORM tsql.fail(40510, 'DECOMPRESS of what is not gzip is not supported by the local SQL endpoint.'); END IF;
  LOOP
    last := get_byte($1, place);
    IF last > 1 OR get_byte($1, 3) <> 0 THEN PERFORM tsql.fail(40510, 'DECOMPRESS of what COMPRESS did not make is not supported by the local SQL endpoint.'); END IF;
    size := get_byte($1, place + 1) | (get_byte($1, place + 2) << 8);
    result := result || substr($1, place + 6, size); place := place + 5 + size;
    EXIT WHEN last = 1;
  END LOOP;
  RETURN result;
END $$;
