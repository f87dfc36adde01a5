-- The catalog of the current database.
CREATE TABLE tsql.procedures (
  object_id int4 GENERATED ALWAYS AS IDENTITY (START WITH 1000000000), key int4 NOT NULL, schema text COLLATE tsql.ci NOT NULL,
  name text COLLATE tsql.ci NOT NULL, definition text NOT NULL, parameters jsonb NOT NULL,
  created timestamp(3) NOT NULL DEFAULT tsql.getdate(), modified timestamp(3) NOT NULL DEFAULT tsql.getdate(),
  PRIMARY KEY (key, schema, name));

-- The whole of a name that was shortened is asked for by itself: a join would read all names to find one. OFFSET 0: of a schema once, and
-- not for each thing in it; of a relation not for each use of its name.
CREATE VIEW tsql.schemas AS
SELECT n.oid AS schema_id, substr(coalesce((SELECT l.original FROM tsql.names l WHERE l.short = n.nspname::text), n.nspname), strpos(n.nspname, '.') + 1) COLLATE tsql.ci AS name
  FROM pg_namespace n WHERE starts_with(n.nspname::text, tsql.key() || '.') OFFSET 0;
CREATE VIEW tsql.relations AS
SELECT c.oid AS object_id, s.schema_id, n.name COLLATE tsql.ci AS name, c.relkind
  FROM pg_class c JOIN tsql.schemas s ON s.schema_id = c.relnamespace
  CROSS JOIN LATERAL (SELECT coalesce((SELECT l.original FROM tsql.names l WHERE l.short = c.relname::text), c.relname) AS name OFFSET 0) n WHERE c.relkind IN ('r', 'v');
CREATE VIEW tsql.constraints AS
SELECT k.oid AS object_id, r.schema_id, r.object_id AS parent_object_id, k.contype, k.conindid, k.confrelid, k.confkey,
       coalesce((SELECT l.original FROM tsql.names l WHERE l.short = k.conname::text), k.conname) COLLATE tsql.ci AS name
  FROM pg_constraint k JOIN tsql.relations r ON r.object_id = k.conrelid WHERE k.contype IN ('p', 'u', 'f', 'c');

CREATE VIEW sys.schemas AS SELECT name, schema_id, 1 AS principal_id FROM tsql.schemas;
CREATE VIEW tsql.relation_objects AS
SELECT name, object_id, schema_id, 0::oid AS parent_object_id, CASE relkind WHEN 'r' THEN 'U ' ELSE 'V ' END COLLATE tsql.ci AS type,
       CASE relkind WHEN 'r' THEN 'USER_TABLE' ELSE 'VIEW' END COLLATE tsql.ci AS type_desc,
       timestamp(3) '2024-01-01' AS create_date, timestamp(3) '2024-01-01' AS modify_date, false AS is_ms_shipped
  FROM tsql.relations;
CREATE VIEW sys.procedures AS
SELECT p.name, p.object_id::oid, s.schema_id, 0::oid AS parent_object_id, 'P ' COLLATE tsql.ci AS type, 'SQL_STORED_PROCEDURE' COLLATE tsql.ci AS type_desc,
       p.created AS create_date, p.modified AS modify_date, false AS is_ms_shipped
  FROM tsql.procedures p JOIN tsql.schemas s ON s.name = p.schema WHERE p.key = tsql.key();
CREATE VIEW tsql.constraint_objects AS
SELECT name, object_id, schema_id, parent_object_id,
       CASE contype WHEN 'p' THEN 'PK' WHEN 'u' THEN 'UQ' WHEN 'f' THEN 'F ' ELSE 'C ' END COLLATE tsql.ci AS type,
       CASE contype WHEN 'p' THEN 'PRIMARY_KEY_CONSTRAINT' WHEN 'u' THEN 'UNIQUE_CONSTRAINT' WHEN 'f' THEN 'FOREIGN_KEY_CONSTRAINT' ELSE 'CHECK_CONSTRAINT' END COLLATE tsql.ci AS type_desc,
       timestamp(3) '2024-01-01' AS create_date, timestamp(3) '2024-01-01' AS modify_date, false AS is_ms_shipped
  FROM tsql.constraints;
CREATE VIEW sys.objects AS SELECT * FROM tsql.relation_objects UNION ALL SELECT * FROM sys.procedures UNION ALL SELECT * FROM tsql.constraint_objects;
CREATE VIEW sys.tables AS
SELECT o.*, m.relation IS NOT NULL AS is_memory_optimized, coalesce(m.durability, 0::int2) AS durability,
       CASE m.durability WHEN 1 THEN 'SCHEMA_ONLY' ELSE 'SCHEMA_AND_DATA' END COLLATE tsql.ci AS durability_desc,
       CASE WHEN v.relation IS NOT NULL THEN 2 WHEN h.history IS NOT NULL THEN 1 ELSE 0 END::int2 AS temporal_type,
       CASE WHEN v.relation IS NOT NULL THEN 'SYSTEM_VERSIONED_TEMPORAL_TABLE' WHEN h.history IS NOT NULL THEN 'HISTORY_TABLE' ELSE 'NON_TEMPORAL_TABLE' END COLLATE tsql.ci AS temporal_type_desc,
       v.history AS history_table_id, false AS is_external, false AS is_filetable, 1 AS lob_data_space_id
  FROM tsql.relation_objects o
  LEFT JOIN tsql.memory_optimized m ON m.relation = o.object_id
  LEFT JOIN tsql.versioned v ON v.relation = o.object_id
  LEFT JOIN tsql.versioned h ON h.history = o.object_id
 WHERE o.type = 'U ';
CREATE VIEW sys.views AS SELECT * FROM tsql.relation_objects WHERE type = 'V ';
CREATE VIEW sys.all_objects AS SELECT * FROM sys.objects;
CREATE VIEW sys.sql_modules AS
SELECT object_id, definition FROM tsql.procedures WHERE key = tsql.key()
UNION ALL SELECT object_id, obj_description(object_id, 'pg_class') FROM tsql.relations WHERE relkind = 'v';
-- What views are made of. A view that says so is bound to it. What depends on a table is found by an index, and the names of
-- both by another one: OFFSET 0 keeps the planner from reading all tables instead.
CREATE VIEW sys.sql_expression_dependencies AS
SELECT DISTINCT v.object_id AS referencing_id, d.refobjid AS referenced_id, 0 AS referenced_minor_id, r.name AS referenced_entity_name,
       coalesce(obj_description(v.object_id, 'pg_class') ILIKE '%WITH SCHEMABINDING%', false) AS is_schema_bound_reference
  FROM pg_depend d
  CROSS JOIN LATERAL (SELECT w.ev_class FROM pg_rewrite w WHERE w.oid = d.objid OFFSET 0) w
  CROSS JOIN LATERAL (SELECT v.object_id FROM tsql.relations v WHERE v.object_id = w.ev_class OFFSET 0) v
  CROSS JOIN LATERAL (SELECT r.name FROM tsql.relations r WHERE r.object_id = d.refobjid OFFSET 0) r
 WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND w.ev_class <> d.refobjid;
-- Triggers of T-SQL, all of which do nothing.
CREATE FUNCTION tsql.do_nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE VIEW sys.triggers AS
SELECT t.tgname::text COLLATE tsql.ci AS name, t.oid AS object_id, 1::int2 AS parent_class, t.tgrelid AS parent_id, 'TR' COLLATE tsql.ci AS type,
       'SQL_TRIGGER' COLLATE tsql.ci AS type_desc, false AS is_ms_shipped, false AS is_disabled
  FROM pg_trigger t JOIN tsql.relations r ON r.object_id = t.tgrelid WHERE t.tgfoid = 'tsql.do_nothing'::regproc;
CREATE FUNCTION tsql.drop_trigger(text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE parent oid := (SELECT parent_id FROM sys.triggers WHERE name = $1 COLLATE tsql.ci);
BEGIN
  IF parent IS NULL THEN
    PERFORM tsql.fail(3701, format('Cannot drop the trigger ''%s'', because it does not exist or you do not have permission.', $1));
  END IF;
  EXECUTE format('DROP TRIGGER %I ON %s', $1, parent::regclass);
END $$;
CREATE VIEW sys.key_constraints AS
SELECT o.*, 1 AS unique_index_id FROM tsql.constraint_objects o WHERE o.type IN ('PK', 'UQ');
CREATE VIEW sys.foreign_keys AS
SELECT k.name, k.object_id, k.schema_id, k.parent_object_id, 'F ' COLLATE tsql.ci AS type, 'FOREIGN_KEY_CONSTRAINT' COLLATE tsql.ci AS type_desc,
       timestamp(3) '2024-01-01' AS create_date, timestamp(3) '2024-01-01' AS modify_date, false AS is_ms_shipped, d.refobjid AS referenced_object_id, false AS is_disabled
  FROM pg_depend d
  CROSS JOIN LATERAL (SELECT k.oid FROM pg_constraint k WHERE k.oid = d.objid AND k.contype = 'f' AND k.confrelid = d.refobjid AND k.confkey[1] = d.refobjsubid OFFSET 0) f
  CROSS JOIN LATERAL (SELECT k.* FROM tsql.constraints k WHERE k.object_id = f.oid OFFSET 0) k
 WHERE d.classid = 'pg_constraint'::regclass AND d.refclassid = 'pg_class'::regclass;
CREATE VIEW sys.check_constraints AS SELECT * FROM tsql.constraint_objects WHERE type = 'C ';
CREATE TABLE sys.extended_properties (class int2, class_desc text, major_id int4, minor_id int4, name text, value text);

CREATE VIEW sys.types AS
SELECT v.name COLLATE tsql.ci AS name, v.system_type_id::int2 AS system_type_id, v.user_type_id, 4 AS schema_id, v.max_length::int2 AS max_length,
       v.precision::int2 AS precision, v.scale::int2 AS scale, false AS is_user_defined, true AS is_nullable
  FROM (VALUES ('image', 34, 34, 16, 0, 0), ('text', 35, 35, 16, 0, 0), ('uniqueidentifier', 36, 36, 16, 0, 0), ('date', 40, 40, 3, 10, 0),
    ('time', 41, 41, 5, 16, 7), ('datetime2', 42, 42, 8, 27, 7), ('datetimeoffset', 43, 43, 10, 34, 7), ('tinyint', 48, 48, 1, 3, 0),
    ('smallint', 52, 52, 2, 5, 0), ('int', 56, 56, 4, 10, 0), ('smalldatetime', 58, 58, 4, 16, 0), ('real', 59, 59, 4, 24, 0),
    ('money', 60, 60, 8, 19, 4), ('datetime', 61, 61, 8, 23, 3), ('float', 62, 62, 8, 53, 0), ('ntext', 99, 99, 16, 0, 0),
    ('bit', 104, 104, 1, 1, 0), ('decimal', 106, 106, 17, 38, 38), ('numeric', 108, 108, 17, 38, 38), ('bigint', 127, 127, 8, 19, 0),
    ('varbinary', 165, 165, 8000, 0, 0), ('varchar', 167, 167, 8000, 0, 0), ('binary', 173, 173, 8000, 0, 0), ('char', 175, 175, 8000, 0, 0),
    ('timestamp', 189, 189, 8, 0, 0), ('nvarchar', 231, 231, 8000, 0, 0), ('sysname', 231, 256, 256, 0, 0), ('nchar', 239, 239, 8000, 0, 0)
  ) v(name, system_type_id, user_type_id, max_length, precision, scale);

-- The type as it was declared; for columns of views and of SELECT … INTO, derived from PostgreSQL's.
CREATE FUNCTION tsql.declared_type(comment text, type oid, modifier int4) RETURNS text STABLE LANGUAGE sql AS $$
  SELECT coalesce(comment, CASE type::regtype::text
    WHEN 'boolean' THEN 'bit' WHEN 'smallint' THEN 'smallint' WHEN 'integer' THEN 'int' WHEN 'bigint' THEN 'bigint' WHEN 'real' THEN 'real'
    WHEN 'double precision' THEN 'float' WHEN 'bytea' THEN 'varbinary(max)' WHEN 'uuid' THEN 'uniqueidentifier' WHEN 'date' THEN 'date'
    WHEN 'time without time zone' THEN 'time(6)' WHEN 'timestamp without time zone' THEN 'datetime2(6)' WHEN 'timestamp with time zone' THEN 'datetimeoffset(6)'
    WHEN 'numeric' THEN CASE WHEN modifier < 0 THEN 'decimal(38,10)' ELSE 'decimal' || substring(format_type(type, modifier) FROM '\(.*\)') END
    WHEN 'character varying' THEN CASE WHEN modifier < 0 THEN 'nvarchar(max)' ELSE 'nvarchar(' || modifier - 4 || ')' END
    WHEN 'character' THEN 'nchar(' || modifier - 4 || ')' ELSE 'nvarchar(max)' END) $$;
-- OFFSET 0: the type is read once a column, and not again for each part of it. A name that was shortened has a tilde.
CREATE VIEW tsql.columns AS
SELECT r.object_id, coalesce(CASE WHEN strpos(a.attname::text, '~') > 0 THEN (SELECT l.original FROM tsql.names l WHERE l.short = a.attname::text) END, a.attname) COLLATE tsql.ci AS name, a.attnum::int4 AS column_id, a.attnotnull, a.attidentity, a.attgenerated, a.atthasdef, a.attcollation,
       t.base, t.first, t.second
  FROM pg_attribute a JOIN tsql.relations r ON r.object_id = a.attrelid
  LEFT JOIN pg_description e ON e.objoid = a.attrelid AND e.objsubid = a.attnum AND e.classoid = 'pg_class'::regclass
  CROSS JOIN LATERAL (SELECT tsql.declared_type(e.description, a.atttypid, a.atttypmod) AS type OFFSET 0) d
  CROSS JOIN LATERAL (SELECT split_part(d.type, '(', 1) AS base, nullif(split_part(split_part(rtrim(d.type, ')'), '(', 2), ',', 1), '') AS first,
                             nullif(split_part(split_part(rtrim(d.type, ')'), '(', 2), ',', 2), '') AS second OFFSET 0) t
 WHERE a.attnum > 0 AND NOT a.attisdropped;
-- By number: that of a column is never given again.
CREATE TABLE tsql.masked_columns (relation oid NOT NULL, attnum int2 NOT NULL, PRIMARY KEY (relation, attnum));
CREATE FUNCTION tsql.mask_column(relation text, attribute text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO tsql.masked_columns SELECT attrelid, attnum FROM pg_attribute WHERE attrelid = $1::regclass AND attname = $2::name $$;
CREATE VIEW sys.columns AS
SELECT c.object_id, c.name, c.column_id, t.system_type_id, t.user_type_id,
       CASE WHEN c.first = 'max' THEN -1 WHEN c.base IN ('nvarchar', 'nchar') THEN 2 * c.first::int WHEN c.base IN ('varchar', 'char', 'varbinary', 'binary') THEN c.first::int
            WHEN c.base = 'decimal' THEN CASE WHEN c.first::int <= 9 THEN 5 WHEN c.first::int <= 19 THEN 9 WHEN c.first::int <= 28 THEN 13 ELSE 17 END
            WHEN c.base IN ('time', 'datetime2', 'datetimeoffset')
            THEN t.max_length - CASE WHEN coalesce(c.first::int, 7) <= 2 THEN 2 WHEN coalesce(c.first::int, 7) <= 4 THEN 1 ELSE 0 END
            ELSE t.max_length END::int2 AS max_length,
       CASE WHEN c.base = 'decimal' THEN c.first::int
            WHEN c.base IN ('time', 'datetime2', 'datetimeoffset') AND c.first::int < 7 THEN t.precision - 7 + c.first::int - CASE c.first WHEN '0' THEN 1 ELSE 0 END
            WHEN c.base IN ('nvarchar', 'nchar', 'varchar', 'char', 'varbinary', 'binary') THEN 0 ELSE t.precision END::int2 AS precision,
       CASE WHEN c.base = 'decimal' THEN c.second::int WHEN c.base IN ('time', 'datetime2', 'datetimeoffset') THEN coalesce(c.first::int, 7) ELSE t.scale END::int2 AS scale,
       CASE WHEN c.base IN ('nvarchar', 'nchar', 'varchar', 'char', 'text', 'ntext')
            THEN CASE c.attcollation WHEN 'pg_catalog."C"'::regcollation THEN 'Latin1_General_100_BIN2' WHEN 'pg_catalog.unicode'::regcollation THEN 'Latin1_General_100_CS_AS'
                      ELSE (SELECT collation_name FROM tsql.databases WHERE key = tsql.key()) END END COLLATE tsql.ci AS collation_name,
       NOT c.attnotnull AS is_nullable, c.attidentity <> '' AS is_identity, c.attgenerated <> '' AS is_computed, c.atthasdef::int4 AS default_object_id,
       false AS is_rowguidcol, false AS is_hidden, EXISTS (SELECT 1 FROM tsql.masked_columns m WHERE m.relation = c.object_id AND m.attnum = c.column_id) AS is_masked,
       coalesce((SELECT CASE c.column_id WHEN p.row_start THEN 1 WHEN p.row_end THEN 2 END FROM tsql.periods p WHERE p.relation = c.object_id), 0)::int2 AS generated_always_type
  FROM tsql.columns c LEFT JOIN sys.types t ON t.name COLLATE "C" = c.base;
CREATE VIEW sys.all_columns AS SELECT * FROM sys.columns;
CREATE VIEW sys.identity_columns AS SELECT * FROM sys.columns WHERE is_identity;
CREATE VIEW sys.computed_columns AS SELECT * FROM sys.columns WHERE is_computed;
CREATE VIEW sys.parameters AS
SELECT p.object_id, q.item ->> 'name' AS name, q.place::int4 AS parameter_id, t.system_type_id, t.user_type_id, (q.item ->> 'output')::bool AS is_output, (q.item ->> 'default')::bool AS has_default_value
  FROM tsql.procedures p CROSS JOIN LATERAL jsonb_array_elements(p.parameters) WITH ORDINALITY q(item, place)
  LEFT JOIN sys.types t ON t.name = split_part(q.item ->> 'type', '(', 1) WHERE p.key = tsql.key();

-- An indexed view: its rows are not kept, but what it is made of cannot be truncated any more.
CREATE TABLE tsql.view_indexes (relation oid PRIMARY KEY, name text COLLATE tsql.ci NOT NULL);
CREATE FUNCTION tsql.create_index(relation text, index text, statement text, clustered bool) RETURNS void LANGUAGE plpgsql AS $$
DECLARE view_name text := (SELECT r.name FROM tsql.relations r WHERE r.object_id = $1::regclass AND r.relkind = 'v');
BEGIN
  IF view_name IS NULL THEN
    EXECUTE statement;
    RETURN;
  END IF;
  IF NOT coalesce(obj_description($1::regclass, 'pg_class') ILIKE '%WITH SCHEMABINDING%', false) THEN
    PERFORM tsql.fail(1939, pg_catalog.format('Cannot create index on view ''%s'' because the view is not schema bound.', view_name));
  END IF;
  IF NOT clustered THEN
    PERFORM tsql.fail(1940, pg_catalog.format('Cannot create index on view ''%s''. It does not have a unique clustered index.', view_name));
  END IF;
  INSERT INTO tsql.view_indexes VALUES ($1::regclass, index);
END $$;
CREATE FUNCTION tsql.require_truncatable(relation text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE table_name text := (SELECT r.name FROM tsql.relations r WHERE r.object_id = $1::regclass); found text;
BEGIN
  IF EXISTS (SELECT 1 FROM sys.foreign_keys k WHERE k.referenced_object_id = $1::regclass AND k.parent_object_id <> k.referenced_object_id) THEN
    PERFORM tsql.fail(4712, pg_catalog.format('Cannot truncate table ''%s'' because it is being referenced by a FOREIGN KEY constraint.', table_name));
  END IF;
  SELECT (SELECT v.name FROM tsql.relations v WHERE v.object_id = d.referencing_id) INTO found FROM sys.sql_expression_dependencies d
    JOIN tsql.view_indexes i ON i.relation = d.referencing_id WHERE d.referenced_id = $1::regclass::oid;
  IF found IS NOT NULL THEN
    PERFORM tsql.fail(3729, format('Cannot TRUNCATE TABLE ''%s'' because it is being referenced by object ''%s''.', table_name, found));
  END IF;
END $$;

-- What a query does not ask for is not read. The table is the index's own, by which alone its indexes are numbered where one is asked for.
CREATE VIEW tsql.indexes AS
SELECT i.indrelid AS object_id, i.indexrelid, i.indkey, i.indoption, i.indnkeyatts, i.indisunique, i.indisprimary, i.indpred IS NOT NULL AS has_filter,
       EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = i.indrelid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u')) AS is_constraint,
       coalesce((SELECT coalesce((SELECT l.original FROM tsql.names l WHERE l.short = k.conname::text), k.conname)
                   FROM pg_constraint k WHERE k.conrelid = i.indrelid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u')),
                (SELECT substr(coalesce((SELECT l.original FROM tsql.names l WHERE l.short = c.relname::text), c.relname), length(r.name) + 2)
                   FROM pg_class c WHERE c.oid = i.indexrelid)) COLLATE tsql.ci AS name,
       CASE WHEN i.indisprimary THEN 1 ELSE 1 + row_number() OVER (PARTITION BY i.indrelid, i.indisprimary ORDER BY i.indexrelid) END::int4 AS index_id
  FROM pg_index i JOIN tsql.relations r ON r.object_id = i.indrelid;
-- A table without a primary key is a heap (index 0); the primary key is the clustered index (1), as the index of a view is.
CREATE VIEW tsql.unkept_indexes AS
SELECT r.object_id, 0 AS index_id, NULL::text COLLATE tsql.ci AS name FROM tsql.relations r WHERE r.relkind = 'r' AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = r.object_id AND i.indisprimary)
UNION ALL
SELECT r.object_id, 1, i.name FROM tsql.view_indexes i JOIN tsql.relations r ON r.object_id = i.relation;
CREATE VIEW tsql.index_ids AS
SELECT object_id, index_id, has_filter FROM tsql.indexes UNION ALL SELECT object_id, index_id, false FROM tsql.unkept_indexes;
CREATE VIEW sys.indexes AS
SELECT object_id, name, index_id, CASE WHEN indisprimary THEN 1 ELSE 2 END::int2 AS type, CASE WHEN indisprimary THEN 'CLUSTERED' ELSE 'NONCLUSTERED' END COLLATE tsql.ci AS type_desc,
       indisunique AS is_unique, indisprimary AS is_primary_key, is_constraint AND NOT indisprimary AS is_unique_constraint, false AS is_disabled, false AS is_hypothetical, has_filter
  FROM tsql.indexes
UNION ALL
SELECT object_id, name, index_id, index_id::int2, CASE index_id WHEN 0 THEN 'HEAP' ELSE 'CLUSTERED' END COLLATE tsql.ci, index_id = 1, false, false, false, false, false
  FROM tsql.unkept_indexes;
-- Those of indexes, which are always up to date.
CREATE VIEW sys.stats AS
SELECT n.object_id, (SELECT i.name FROM sys.indexes i WHERE i.object_id = n.object_id AND i.index_id = n.index_id) AS name, n.index_id AS stats_id,
       false AS auto_created, false AS user_created, false AS no_recompute, n.has_filter
  FROM tsql.index_ids n WHERE n.index_id > 0;
-- Asked of the table alone, and not of sys.stats, which would number the indexes of all tables for each.
CREATE FUNCTION tsql.stats_date(oid, int4) RETURNS timestamp STABLE LANGUAGE plpgsql AS $$
BEGIN
  IF $2 = 1 AND EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = $1 AND i.indisprimary) THEN
    RETURN tsql.getdate();
  END IF;
  IF $2 = 1 AND EXISTS (SELECT 1 FROM tsql.view_indexes v WHERE v.relation = $1)
    OR $2 > 1 AND (SELECT count(*) FROM pg_index i WHERE i.indrelid = $1 AND NOT i.indisprimary) >= $2 - 1 THEN
    RETURN tsql.getdate();
  END IF;
  RETURN NULL;
END $$;
CREATE VIEW sys.index_columns AS
SELECT x.object_id, x.index_id, k.place::int4 AS index_column_id, k.attribute::int4 AS column_id, CASE WHEN k.place <= x.indnkeyatts THEN k.place ELSE 0 END::int2 AS key_ordinal,
       k.place > x.indnkeyatts AS is_included_column, k.place <= x.indnkeyatts AND x.indoption[k.place::int - 1] & 1 = 1 AS is_descending_key
  FROM tsql.indexes x CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY k(attribute, place);

-- PostgreSQL keeps count of what is written, exactly, and tells by itself what it has not put into its statistics for a second. A table
-- that has lost its rows at once has another file since. Else it is counted, and that rolled back, which gives its lock back: there is no
-- room for the locks of some thousand tables.
CREATE FUNCTION tsql.row_count(object_id oid) RETURNS int8 STABLE LANGUAGE plpgsql AS $$
DECLARE result int8;
BEGIN
  IF pg_relation_filenode($1) = $1 AND pg_stat_get_xact_tuples_inserted($1) + pg_stat_get_xact_tuples_deleted($1) = 0 THEN
    RETURN pg_stat_get_live_tuples($1);
  END IF;
  BEGIN
    EXECUTE 'SELECT count(*) FROM ' || object_id::regclass INTO result;
    RAISE EXCEPTION USING ERRCODE = 'TSQLC';
  EXCEPTION WHEN SQLSTATE 'TSQLC' THEN
    RETURN result;
  END;
END $$;
-- Pages of rows, and of values that are too long for a row (their table is 0 if there cannot be any); each of both, once there are any,
-- takes one more for the list of its pages.
CREATE FUNCTION tsql.page_count(object_id oid, beside oid) RETURNS int8 STABLE LANGUAGE plpgsql AS $$
DECLARE in_rows int8 := 0; long int8 := 0;
BEGIN
  IF pg_stat_get_tuples_inserted($1) + pg_stat_get_xact_tuples_inserted($1) > 0 THEN
    in_rows := (pg_stat_file(pg_relation_filepath($1))).size / 8192;
  END IF;
  IF pg_stat_get_tuples_inserted($2) + pg_stat_get_xact_tuples_inserted($2) > 0 THEN
    long := (pg_stat_file(pg_relation_filepath($2))).size / 8192;
  END IF;
  RETURN in_rows + sign(in_rows) + long + sign(long);
END $$;
CREATE VIEW sys.partitions AS
SELECT object_id::int8 * 16 + index_id AS partition_id, object_id, index_id, 1 AS partition_number, tsql.row_count(object_id) AS rows, 0::int2 AS data_compression, 'NONE' COLLATE tsql.ci AS data_compression_desc
  FROM tsql.index_ids;
-- OFFSET 0: counted once, where a join would count again for each row of its other side, and only what is asked for.
CREATE VIEW sys.dm_db_partition_stats AS
SELECT object_id::int8 * 16 + index_id AS partition_id, object_id, index_id, 1 AS partition_number, row_count,
       page_count AS in_row_data_page_count, page_count AS used_page_count, page_count AS reserved_page_count
  FROM (SELECT i.object_id, i.index_id, tsql.row_count(i.object_id) AS row_count, tsql.page_count(i.object_id, c.reltoastrelid) AS page_count
          FROM tsql.index_ids i JOIN pg_class c ON c.oid = i.object_id OFFSET 0) counted;
-- The data file is as large as what it holds; of the log there is always as much, and nothing in it.
CREATE VIEW sys.database_files AS
SELECT f.file_id, f.type::int2 AS type, f.type_desc COLLATE tsql.ci AS type_desc, tsql.db_name() || f.name_end AS name, tsql.db_name() || f.path_end AS physical_name,
       CASE f.type WHEN 0 THEN coalesce((SELECT sum(tsql.page_count(r.object_id, c.reltoastrelid)) FROM tsql.relations r JOIN pg_class c ON c.oid = r.object_id WHERE r.relkind = 'r'), 0)::int4 ELSE 1024 END AS size, f.max_size, 8192 AS growth
  FROM (VALUES (1, 0, 'ROWS', '', '.mdf', -1), (2, 1, 'LOG', '_log', '_log.ldf', 268435456)) f(file_id, type, type_desc, name_end, path_end, max_size);
CREATE FUNCTION tsql.fileproperty(text, text) RETURNS int4 STABLE LANGUAGE sql AS $$
  SELECT CASE lower($2) WHEN 'spaceused' THEN CASE type WHEN 0 THEN size ELSE 0 END END FROM sys.database_files WHERE name = $1 COLLATE tsql.ci $$;
-- One disk, with room.
CREATE FUNCTION sys.dm_os_volume_stats(database_id int4, file_id int4) RETURNS TABLE (volume_mount_point text, total_bytes int8, available_bytes int8)
STABLE LANGUAGE sql AS $$ SELECT 'D:\', 274877906944, 68719476736 WHERE $1 = tsql.db_id() $$;

CREATE FUNCTION tsql.require_no_procedures(name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
  SELECT p.name INTO found FROM tsql.procedures p WHERE p.key = tsql.key() AND p.schema = $1;
  IF found IS NOT NULL THEN
    PERFORM tsql.fail(3729, format('Cannot drop schema ''%s'' because it is being referenced by object ''%s''.', $1, found));
  END IF;
END $$;
CREATE FUNCTION tsql.min_active_rowversion() RETURNS bytea STABLE LANGUAGE sql AS $$
  SELECT int8send(CASE WHEN is_called THEN last_value + 1 ELSE last_value END) FROM tsql.rowversions $$;
CREATE FUNCTION tsql.last_identity(relation text) RETURNS numeric VOLATILE LANGUAGE plpgsql AS $$
DECLARE sequence text;
BEGIN
  SELECT pg_get_serial_sequence(relation, a.attname) INTO sequence FROM pg_attribute a WHERE a.attrelid = relation::regclass AND a.attidentity <> '';
  RETURN currval(sequence);
EXCEPTION WHEN object_not_in_prerequisite_state THEN RETURN NULL;
END $$;

-- A table or view: by the very name that it was given, which an index has, or by one that differs in case.
CREATE FUNCTION tsql.relation_id(identifier text, kinds "char"[]) RETURNS oid STABLE LANGUAGE plpgsql AS $$
DECLARE
  parts text[] := tsql.name_parts(identifier); last int := array_length(parts, 1); found oid;
  own_name text COLLATE "default" := parts[last]; own_schema text COLLATE "default" := coalesce(nullif(parts[last - 1] COLLATE "C", ''), 'dbo');
BEGIN
  IF last = 3 AND lower(parts[1] COLLATE "C") = 'tempdb' THEN
    RETURN to_regclass('tempdb.' || quote_ident(lower(own_name) || '~' || tsql.session()));
  END IF;
  SELECT c.oid INTO found FROM pg_class c
   WHERE c.relname = coalesce((SELECT l.short FROM tsql.names l WHERE l.original = own_name), left(own_name, 63))::name
     AND c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = (tsql.key() || '.' || own_schema)::name)
     AND c.relkind = ANY (kinds);
  IF found IS NULL THEN
    SELECT c.oid INTO found FROM pg_class c JOIN tsql.schemas s ON s.schema_id = c.relnamespace
     WHERE c.relkind = ANY (kinds) AND s.name = own_schema COLLATE tsql.ci
       AND (c.relname::text = own_name COLLATE tsql.ci OR c.relname::text IN (SELECT l.short FROM tsql.names l WHERE l.original = own_name COLLATE tsql.ci))
     LIMIT 1;
  END IF;
  RETURN found;
END $$;
CREATE FUNCTION tsql.object_id(text, text DEFAULT NULL) RETURNS oid STABLE LANGUAGE plpgsql AS $$
DECLARE
  parts text[] := tsql.name_parts($1); last int := array_length(parts, 1); found oid; wanted text COLLATE "default" := rpad(upper(trim($2) COLLATE "C"), 2);
  own_name text COLLATE "default" := parts[last]; own_schema text COLLATE "default" := coalesce(nullif(parts[last - 1] COLLATE "C", ''), 'dbo');
BEGIN
  IF wanted IS NULL OR wanted IN ('U ', 'V ') THEN
    found := tsql.relation_id($1, CASE wanted WHEN 'U ' THEN '{r}' WHEN 'V ' THEN '{v}' ELSE '{r,v}' END::"char"[]);
  END IF;
  IF found IS NULL AND coalesce(wanted, '') NOT IN ('U ', 'V ') THEN
    SELECT o.object_id INTO found FROM (SELECT * FROM sys.procedures UNION ALL SELECT * FROM tsql.constraint_objects) o JOIN sys.schemas s ON s.schema_id = o.schema_id
     WHERE o.name = own_name COLLATE tsql.ci AND s.name = own_schema COLLATE tsql.ci AND (wanted IS NULL OR o.type = wanted COLLATE tsql.ci) LIMIT 1;
  END IF;
  RETURN found;
END $$;
CREATE FUNCTION tsql.object_name(oid) RETURNS text STABLE LANGUAGE sql AS $$ SELECT name FROM sys.objects WHERE object_id = $1 $$;
CREATE FUNCTION tsql.schema_id(text DEFAULT 'dbo') RETURNS oid STABLE LANGUAGE sql AS $$ SELECT schema_id FROM sys.schemas WHERE name = $1 COLLATE tsql.ci $$;
CREATE FUNCTION tsql.schema_name() RETURNS text STABLE LANGUAGE sql AS $$ SELECT 'dbo' $$;
CREATE FUNCTION tsql.schema_name(oid) RETURNS text STABLE LANGUAGE sql AS $$ SELECT name FROM sys.schemas WHERE schema_id = $1 $$;
CREATE FUNCTION tsql.object_schema_name(oid) RETURNS text STABLE LANGUAGE sql AS $$ SELECT tsql.schema_name(schema_id) FROM sys.objects WHERE object_id = $1 $$;
CREATE FUNCTION tsql.type_name(int4) RETURNS text STABLE LANGUAGE sql AS $$ SELECT name FROM sys.types WHERE user_type_id = $1 $$;
CREATE FUNCTION tsql.type_id(text) RETURNS int4 STABLE LANGUAGE sql AS $$ SELECT user_type_id FROM sys.types WHERE name = $1 COLLATE tsql.ci $$;
CREATE FUNCTION tsql.col_name(oid, int4) RETURNS text STABLE LANGUAGE sql AS $$ SELECT name FROM sys.columns WHERE object_id = $1 AND column_id = $2 $$;
CREATE FUNCTION tsql.col_length(text, text) RETURNS int2 STABLE LANGUAGE sql AS $$
  -- As a sub-query the identifier is looked up once, not for each column.
  SELECT max_length FROM sys.columns WHERE object_id = (SELECT tsql.relation_id($1, '{r,v}')) AND name = $2 COLLATE tsql.ci $$;
CREATE FUNCTION tsql.objectproperty(oid, text) RETURNS int4 STABLE LANGUAGE sql AS $$
  SELECT CASE lower($2) WHEN 'isusertable' THEN (type = 'U ')::int4 WHEN 'istable' THEN (type = 'U ')::int4 WHEN 'isview' THEN (type = 'V ')::int4
              WHEN 'isprocedure' THEN (type = 'P ')::int4 WHEN 'tablehasprimarykey' THEN (SELECT count(*)::int4 FROM sys.key_constraints k WHERE k.parent_object_id = $1 AND k.type = 'PK')
              WHEN 'tablehasidentity' THEN (SELECT count(*)::int4 FROM sys.columns c WHERE c.object_id = $1 AND c.is_identity) END
    FROM sys.objects WHERE object_id = $1 $$;
CREATE FUNCTION tsql.ident_current(text) RETURNS numeric STABLE LANGUAGE sql AS $$
  SELECT pg_sequence_last_value(pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)::regclass)::numeric FROM pg_attribute a
   WHERE a.attrelid = tsql.object_id($1) AND a.attidentity <> '' $$;

CREATE VIEW information_schema_tsql."TABLES" AS
SELECT tsql.db_name() AS "TABLE_CATALOG", s.name AS "TABLE_SCHEMA", o.name AS "TABLE_NAME", CASE o.type WHEN 'U ' THEN 'BASE TABLE' ELSE 'VIEW' END COLLATE tsql.ci AS "TABLE_TYPE"
  FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id WHERE o.type IN ('U ', 'V ');
CREATE VIEW information_schema_tsql."SCHEMATA" AS SELECT tsql.db_name() AS "CATALOG_NAME", name AS "SCHEMA_NAME", 'dbo' COLLATE tsql.ci AS "SCHEMA_OWNER" FROM sys.schemas;
CREATE VIEW information_schema_tsql."COLUMNS" AS
SELECT tsql.db_name() AS "TABLE_CATALOG", s.name AS "TABLE_SCHEMA", o.name AS "TABLE_NAME", c.name AS "COLUMN_NAME", c.column_id AS "ORDINAL_POSITION",
       CASE WHEN c.is_nullable THEN 'YES' ELSE 'NO' END COLLATE tsql.ci AS "IS_NULLABLE", t.name AS "DATA_TYPE",
       CASE WHEN t.name IN ('nvarchar', 'nchar') AND c.max_length > 0 THEN c.max_length / 2 WHEN t.name IN ('nvarchar', 'varchar', 'char', 'varbinary', 'binary') THEN c.max_length END::int4 AS "CHARACTER_MAXIMUM_LENGTH",
       CASE WHEN t.name IN ('decimal', 'int', 'bigint', 'smallint', 'tinyint', 'money', 'float', 'real') THEN c.precision END AS "NUMERIC_PRECISION",
       CASE WHEN t.name IN ('decimal', 'int', 'bigint', 'smallint', 'tinyint', 'money') THEN c.scale END::int4 AS "NUMERIC_SCALE", c.collation_name AS "COLLATION_NAME"
  FROM sys.columns c JOIN sys.objects o ON o.object_id = c.object_id JOIN sys.schemas s ON s.schema_id = o.schema_id LEFT JOIN sys.types t ON t.user_type_id = c.user_type_id;
