-- Tables that are more than tables. Their rows are kept as all others; what SQL Server would do besides is refused.
CREATE TABLE tsql.memory_optimized (relation oid PRIMARY KEY, durability int2 NOT NULL);
CREATE TABLE tsql.periods (relation oid PRIMARY KEY, row_start int2 NOT NULL, row_end int2 NOT NULL);
CREATE TABLE tsql.versioned (relation oid PRIMARY KEY, history oid NOT NULL UNIQUE);

CREATE FUNCTION tsql.optimize_for_memory(relation text, durability int2) RETURNS void LANGUAGE sql AS $$
  INSERT INTO tsql.memory_optimized VALUES ($1::regclass, $2) $$;
CREATE FUNCTION tsql.set_period(relation text, row_start text, row_end text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO tsql.periods SELECT s.attrelid, s.attnum, e.attnum FROM pg_attribute s JOIN pg_attribute e ON e.attrelid = s.attrelid
   WHERE s.attrelid = $1::regclass AND s.attname = $2::name AND e.attname = $3::name $$;

CREATE FUNCTION tsql.refuse_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tsql.fail(40510, pg_catalog.format('%s of a system-versioned table is not supported by the local SQL endpoint.', TG_OP));
END $$;
-- The history is made with the columns of its table, and nothing is ever written into it.
CREATE FUNCTION tsql.start_versioning(relation text, history text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM tsql.periods p WHERE p.relation = $1::regclass) THEN
    PERFORM tsql.fail(13510, 'Cannot set SYSTEM_VERSIONING to ON when SYSTEM_TIME period is not defined.');
  END IF;
  IF to_regclass(history) IS NOT NULL THEN
    PERFORM tsql.fail(40510, 'A HISTORY_TABLE that is there already is not supported by the local SQL endpoint.');
  END IF;
  EXECUTE pg_catalog.format('CREATE TABLE %s (LIKE %s INCLUDING STORAGE INCLUDING COMMENTS)', history, relation);
  INSERT INTO tsql.versioned VALUES (relation::regclass, history::regclass);
  EXECUTE pg_catalog.format('CREATE TRIGGER "?versioned" BEFORE UPDATE OR DELETE OR TRUNCATE ON %s EXECUTE FUNCTION tsql.refuse_versions()', relation);
END $$;
CREATE FUNCTION tsql.stop_versioning(relation text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM tsql.versioned v WHERE v.relation = $1::regclass;
  IF NOT FOUND THEN
    PERFORM tsql.fail(13591, 'SYSTEM_VERSIONING is not turned ON for the table.');
  END IF;
  EXECUTE pg_catalog.format('DROP TRIGGER "?versioned" ON %s', relation);
END $$;
CREATE FUNCTION tsql.require_unversioned(relation text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM tsql.versioned v WHERE to_regclass($1) IN (v.relation, v.history)) THEN
    PERFORM tsql.fail(13552, 'Drop table operation failed because it is not a supported operation on system-versioned temporal tables.');
  END IF;
END $$;
CREATE FUNCTION tsql.require_trackable(relation regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM tsql.memory_optimized m WHERE m.relation = $1) THEN
    PERFORM tsql.fail(10794, 'The feature ''change tracking'' is not supported with memory optimized tables.');
  END IF;
END $$;
