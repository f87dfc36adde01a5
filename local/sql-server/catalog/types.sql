-- Schemas, collations, casts and operators that make PostgreSQL's types behave like T-SQL's.
CREATE SCHEMA tsql;
CREATE SCHEMA sys;
CREATE SCHEMA information_schema_tsql;
CREATE SCHEMA tempdb;

-- Case does not count, accents do. "und-u-ks-level2" is silently ignored by this build; colStrength works.
CREATE COLLATION tsql.ci (provider = icu, locale = 'und@colStrength=secondary', deterministic = false);

-- bit is bool: numbers are assigned to it and compared with it.
UPDATE pg_cast SET castcontext = 'a' WHERE castsource = 'int4'::regtype AND casttarget = 'bool'::regtype;
CREATE FUNCTION tsql.equal(bool, int4) RETURNS bool IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT $1 = ($2 <> 0) $$;
CREATE FUNCTION tsql.unequal(bool, int4) RETURNS bool IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT $1 <> ($2 <> 0) $$;
CREATE FUNCTION tsql.equal(int4, bool) RETURNS bool IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT $2 = ($1 <> 0) $$;
CREATE FUNCTION tsql.unequal(int4, bool) RETURNS bool IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT $2 <> ($1 <> 0) $$;
CREATE OPERATOR tsql.= (leftarg = bool, rightarg = int4, function = tsql.equal);
CREATE OPERATOR tsql.<> (leftarg = bool, rightarg = int4, function = tsql.unequal);
CREATE OPERATOR tsql.= (leftarg = int4, rightarg = bool, function = tsql.equal);
CREATE OPERATOR tsql.<> (leftarg = int4, rightarg = bool, function = tsql.unequal);

-- + joins text and bytes.
CREATE OPERATOR tsql.+ (leftarg = text, rightarg = text, function = textcat);
CREATE OPERATOR tsql.+ (leftarg = bytea, rightarg = bytea, function = byteacat);

-- T-SQL cuts where PostgreSQL rounds.
CREATE FUNCTION tsql.cut_int4(numeric) RETURNS int4 IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT (trunc($1)::text)::int4 $$;
CREATE FUNCTION tsql.cut_int8(numeric) RETURNS int8 IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT (trunc($1)::text)::int8 $$;
CREATE FUNCTION tsql.cut_int4(float8) RETURNS int4 IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT (trunc($1)::text)::int4 $$;
UPDATE pg_cast SET castfunc = 'tsql.cut_int4(numeric)'::regprocedure
 WHERE castsource = 'numeric'::regtype AND casttarget = 'int4'::regtype;
UPDATE pg_cast SET castfunc = 'tsql.cut_int8(numeric)'::regprocedure
 WHERE castsource = 'numeric'::regtype AND casttarget = 'int8'::regtype;
UPDATE pg_cast SET castfunc = 'tsql.cut_int4(float8)'::regprocedure
 WHERE castsource = 'float8'::regtype AND casttarget = 'int4'::regtype;

-- Text is converted to what it is compared with or assigned to.
CREATE CAST (text AS uuid) WITH INOUT AS IMPLICIT;
CREATE CAST (text AS int4) WITH INOUT AS IMPLICIT;
CREATE CAST (text AS timestamp) WITH INOUT AS IMPLICIT;
CREATE CAST (text AS int2) WITH INOUT AS ASSIGNMENT;
CREATE CAST (text AS int8) WITH INOUT AS ASSIGNMENT;
CREATE CAST (text AS numeric) WITH INOUT AS ASSIGNMENT;
CREATE CAST (text AS float8) WITH INOUT AS ASSIGNMENT;
CREATE CAST (text AS bool) WITH INOUT AS ASSIGNMENT;
CREATE CAST (text AS date) WITH INOUT AS ASSIGNMENT;
CREATE CAST (text AS time) WITH INOUT AS ASSIGNMENT;
CREATE CAST (text AS timestamptz) WITH INOUT AS ASSIGNMENT;

-- An error with a T-SQL number: the engine reads "[number] text".
CREATE FUNCTION tsql.fail(number int4, message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '[%] %', number, message;
END $$;

-- rowversion: 8 bytes from one counter, new at every insert and update.
CREATE SEQUENCE tsql.rowversions START WITH 2000;
CREATE FUNCTION tsql.add_rowversion(relation text, attribute text) RETURNS void LANGUAGE plpgsql AS $outer$
DECLARE name text := 'rowversion_' || md5(attribute);
BEGIN
  EXECUTE format($make$
    CREATE OR REPLACE FUNCTION tsql.%1$I() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' AND NEW.%2$I IS NOT NULL THEN
        PERFORM tsql.fail(273, 'Cannot insert an explicit value into a timestamp column.');
      ELSIF TG_OP = 'UPDATE' AND NEW.%2$I IS DISTINCT FROM OLD.%2$I THEN
        PERFORM tsql.fail(272, 'Cannot update a timestamp column.');
      END IF;
      NEW.%2$I := int8send(nextval('tsql.rowversions'));
      RETURN NEW;
    END $$ $make$, name, attribute);
  EXECUTE format('CREATE TRIGGER rowversion BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION tsql.%I()',
    relation, name);
END $outer$;

-- Columns that SELECT … INTO made get the collation that CREATE TABLE gives.
CREATE FUNCTION tsql.adopt_collation(relation text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE attribute record;
BEGIN
  FOR attribute IN
    SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute a
     WHERE a.attrelid = relation::regclass AND a.attnum > 0 AND a.attcollation = 'pg_catalog.default'::regcollation
  LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s COLLATE tsql.ci', relation, attribute.attname, attribute.type);
  END LOOP;
END $$;

-- Names that are too long for PostgreSQL, by their shortened form.
CREATE TABLE tsql.names (short text COLLATE "C" PRIMARY KEY, original text COLLATE "C" NOT NULL UNIQUE);
