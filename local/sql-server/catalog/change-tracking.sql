-- Change tracking of the current database: what was done to which key, and in which version. A transaction that changes a
-- tracked table makes one version, which is seen once it is committed.
CREATE TABLE tsql.tracked_tables (
  relation oid PRIMARY KEY, key int4 NOT NULL, is_track_columns_updated_on bool NOT NULL, begin_version int8 NOT NULL,
  cleanup_version int8 NOT NULL DEFAULT 0);
CREATE TABLE tsql.changes (
  id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, relation oid NOT NULL, version int8 NOT NULL, operation text NOT NULL, key jsonb NOT NULL);
CREATE INDEX changes_by_version ON tsql.changes (relation, version);
-- A function a tracked table: its changes since a version.
CREATE SCHEMA tracked;

CREATE VIEW sys.change_tracking_tables AS
SELECT r.object_id, t.is_track_columns_updated_on, greatest(t.begin_version, t.cleanup_version) AS min_valid_version, t.begin_version, t.cleanup_version
  FROM tsql.tracked_tables t JOIN tsql.relations r ON r.object_id = t.relation;
CREATE FUNCTION tsql.change_tracking_current_version() RETURNS int8 STABLE LANGUAGE sql AS $$
  SELECT tracking_version - coalesce((tracking_transaction = pg_current_xact_id_if_assigned())::int4, 0)
    FROM tsql.databases WHERE key = tsql.key() AND change_tracking $$;
CREATE FUNCTION tsql.change_tracking_min_valid_version(oid) RETURNS int8 STABLE LANGUAGE sql AS $$ SELECT min_valid_version FROM sys.change_tracking_tables WHERE object_id = $1 $$;

-- Before ALTER DATABASE SET CHANGE_TRACKING: on, off, or only other settings (NULL).
CREATE FUNCTION tsql.require_change_tracking(wanted bool) RETURNS void LANGUAGE plpgsql AS $$
DECLARE is_on bool := (SELECT change_tracking FROM tsql.databases WHERE key = tsql.key());
BEGIN
  IF wanted AND is_on THEN
    PERFORM tsql.fail(5088, pg_catalog.format('Change tracking is already enabled for database ''%s''.', tsql.db_name()));
  ELSIF wanted IS NOT TRUE AND NOT is_on THEN
    PERFORM tsql.fail(5089, pg_catalog.format('Change tracking is disabled for database ''%s''.', tsql.db_name()));
  ELSIF NOT wanted AND EXISTS (SELECT 1 FROM sys.change_tracking_tables) THEN
    PERFORM tsql.fail(22115, 'Change tracking is enabled for one or more tables in the database. Disable it on each table first.');
  END IF;
END $$;

-- Notes what was done to a key, and makes a version if the transaction has none yet. False, because it is the condition of the
-- triggers of a tracked table: PostgreSQL keeps the plans of a trigger's function for each table that has it, and looks through all
-- of them whenever a table is made, but evaluates a condition with the statement.
CREATE FUNCTION tsql.track(tracked oid, operation text, changed jsonb) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tsql.databases d SET tracking_version = d.tracking_version + 1, tracking_transaction = pg_current_xact_id()
    FROM tsql.tracked_tables t WHERE t.relation = tracked AND d.key = t.key AND d.tracking_transaction IS DISTINCT FROM pg_current_xact_id();
  INSERT INTO tsql.changes (relation, version, operation, key)
    SELECT tracked, d.tracking_version, operation, changed FROM tsql.tracked_tables t JOIN tsql.databases d ON d.key = t.key WHERE t.relation = tracked;
  RETURN false;
END $$;
CREATE FUNCTION tsql.track_update(tracked oid, before jsonb, after jsonb) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE WHEN before = after THEN tsql.track(tracked, 'U', after)
              ELSE tsql.track(tracked, 'D', before) OR tsql.track(tracked, 'I', after) END;
END $$;
CREATE FUNCTION tsql.tracked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION tsql.track_truncation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM tsql.changes WHERE relation = TG_RELID;
  UPDATE tsql.tracked_tables SET begin_version = tsql.change_tracking_current_version() WHERE relation = TG_RELID;
  RETURN NULL;
END $$;
-- What the automatic clean-up does with changes whose retention is over: here all that there are.
CREATE FUNCTION tsql.forget_changes() RETURNS void LANGUAGE sql AS $$
  UPDATE tsql.tracked_tables SET cleanup_version = tsql.change_tracking_current_version() WHERE key = tsql.key();
  DELETE FROM tsql.changes c USING tsql.tracked_tables t WHERE t.relation = c.relation AND t.key = tsql.key() $$;

-- An update that changes a key is a delete and an insert. The operation since a version is what a reader of that version
-- has to do: a row that was not there then is inserted, one that came back is updated. Of a key that was written in
-- different letters, the first spelling is kept.
CREATE FUNCTION tsql.enable_change_tracking(relation text, function text, columns bool) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  tracked regclass := relation;
  table_name text := (SELECT r.name FROM tsql.relations r WHERE r.object_id = tracked);
  names text; spellings text; types text; old_key text; new_key text;
BEGIN
  IF NOT (SELECT d.change_tracking FROM tsql.databases d WHERE d.key = tsql.key()) THEN
    PERFORM tsql.fail(1718, pg_catalog.format('Change tracking must be enabled on database ''%s'' before it can be enabled on table ''%s''.', tsql.db_name(), table_name));
  END IF;
  PERFORM tsql.require_trackable(tracked);
  IF EXISTS (SELECT 1 FROM tsql.tracked_tables t WHERE t.relation = tracked) THEN
    PERFORM tsql.fail(4996, pg_catalog.format('Change tracking is already enabled for table ''%s''.', table_name));
  END IF;
  SELECT string_agg(pg_catalog.format('r.%I', a.attname), ', ' ORDER BY k.place), string_agg(pg_catalog.format('(array_agg(r.%I ORDER BY c.id))[1]', a.attname), ', ' ORDER BY k.place),
         string_agg(pg_catalog.format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY k.place),
         'jsonb_build_object(' || string_agg(pg_catalog.format('%L, old.%I', a.attname, a.attname), ', ') || ')',
         'jsonb_build_object(' || string_agg(pg_catalog.format('%L, new.%I', a.attname, a.attname), ', ') || ')' INTO names, spellings, types, old_key, new_key
    FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(attribute, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attribute WHERE i.indrelid = tracked AND i.indisprimary;
  IF names IS NULL THEN
    PERFORM tsql.fail(4997, pg_catalog.format('Cannot enable change tracking on table ''%s''. Change tracking requires a primary key on the table. Create a primary key on the table before enabling change tracking.', table_name));
  END IF;
  INSERT INTO tsql.tracked_tables VALUES (tracked, tsql.key(), columns, tsql.change_tracking_current_version());
  EXECUTE pg_catalog.format('CREATE TRIGGER "?inserted" AFTER INSERT ON %s FOR EACH ROW WHEN (tsql.track(%s, ''I'', %s)) EXECUTE FUNCTION tsql.tracked()', tracked, tracked::oid, new_key);
  EXECUTE pg_catalog.format('CREATE TRIGGER "?updated" AFTER UPDATE ON %s FOR EACH ROW WHEN (tsql.track_update(%s, %s, %s)) EXECUTE FUNCTION tsql.tracked()', tracked, tracked::oid, old_key, new_key);
  EXECUTE pg_catalog.format('CREATE TRIGGER "?deleted" AFTER DELETE ON %s FOR EACH ROW WHEN (tsql.track(%s, ''D'', %s)) EXECUTE FUNCTION tsql.tracked()', tracked, tracked::oid, old_key);
  EXECUTE pg_catalog.format('CREATE TRIGGER "?truncated" AFTER TRUNCATE ON %s EXECUTE FUNCTION tsql.track_truncation()', tracked);
  EXECUTE pg_catalog.format('CREATE FUNCTION %s(since int8) RETURNS TABLE ("SYS_CHANGE_VERSION" int8, "SYS_CHANGE_CREATION_VERSION" int8, "SYS_CHANGE_OPERATION" char(1),
      "SYS_CHANGE_COLUMNS" bytea, "SYS_CHANGE_CONTEXT" bytea, %s) STABLE LANGUAGE sql AS %L', function, types,
    pg_catalog.format('SELECT max(c.version), max(c.version) FILTER (WHERE c.operation = ''I''),
         CASE WHEN (array_agg(c.operation ORDER BY c.id DESC))[1] = ''D'' THEN ''D'' WHEN (array_agg(c.operation ORDER BY c.id))[1] = ''I'' THEN ''I'' ELSE ''U'' END,
         NULL::bytea, NULL::bytea, %s
       FROM tsql.changes c CROSS JOIN LATERAL jsonb_populate_record(NULL::%s, c.key) r
      WHERE c.relation = %s AND (since IS NULL OR c.version > since) AND c.version <= tsql.change_tracking_current_version() GROUP BY %s', spellings, tracked, tracked::oid, names));
END $$;
CREATE FUNCTION tsql.disable_change_tracking(relation text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE tracked regclass := relation;
BEGIN
  DELETE FROM tsql.tracked_tables t WHERE t.relation = tracked;
  IF NOT FOUND THEN
    PERFORM tsql.fail(4998, pg_catalog.format('Change tracking is not enabled on table ''%s''.', (SELECT r.name FROM tsql.relations r WHERE r.object_id = tracked)));
  END IF;
  DELETE FROM tsql.changes c WHERE c.relation = tracked;
  EXECUTE pg_catalog.format('DROP TRIGGER "?inserted" ON %1$s; DROP TRIGGER "?deleted" ON %1$s; DROP TRIGGER "?updated" ON %1$s; DROP TRIGGER "?truncated" ON %1$s', tracked);
END $$;
