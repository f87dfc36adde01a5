-- Servers, databases, logins and what a session is told about them.
CREATE TABLE tsql.servers (
  name text PRIMARY KEY, product_version text NOT NULL, edition text NOT NULL, engine_edition int4 NOT NULL, version text NOT NULL);
CREATE TABLE tsql.databases (
  key int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, server text NOT NULL REFERENCES tsql.servers, database_id int4 NOT NULL,
  name text COLLATE tsql.ci NOT NULL, compatibility_level int4 NOT NULL, collation_name text NOT NULL,
  change_tracking bool NOT NULL DEFAULT false, tracking_version int8 NOT NULL DEFAULT 0, tracking_transaction xid8, auto_cleanup bool NOT NULL DEFAULT true, retention_period int4 NOT NULL DEFAULT 2,
  retention_unit text NOT NULL DEFAULT 'DAYS', is_read_only bool NOT NULL DEFAULT false, user_access text NOT NULL DEFAULT 'MULTI_USER',
  recovery_model text NOT NULL DEFAULT 'FULL', is_auto_update_stats_on bool NOT NULL DEFAULT true, max_bytes int8 NOT NULL DEFAULT 34359738368,
  delayed_durability text NOT NULL DEFAULT 'DISABLED', accelerated_recovery bool NOT NULL DEFAULT false,
  is_read_committed_snapshot_on bool NOT NULL DEFAULT false, is_secondary bool NOT NULL,
  UNIQUE (server, name), UNIQUE (server, database_id));
CREATE TABLE tsql.logins (server text NOT NULL REFERENCES tsql.servers, name text COLLATE tsql.ci NOT NULL, is_sysadmin bool NOT NULL,
  password_expires timestamp(3), principal_id int4 GENERATED ALWAYS AS IDENTITY (START WITH 257), PRIMARY KEY (server, name));
CREATE TABLE tsql.role_members (key int4 NOT NULL REFERENCES tsql.databases, login text COLLATE tsql.ci NOT NULL,
  role text COLLATE tsql.ci NOT NULL, PRIMARY KEY (key, login, role));

-- The session that a statement runs for; the engine sets these before it.
CREATE FUNCTION tsql.key() RETURNS int4 STABLE LANGUAGE sql AS $$ SELECT current_setting('tsql.key')::int4 $$;
CREATE FUNCTION tsql.server() RETURNS text STABLE LANGUAGE sql AS $$ SELECT current_setting('tsql.server') $$;
CREATE FUNCTION tsql.login() RETURNS text STABLE LANGUAGE sql AS $$ SELECT current_setting('tsql.login') $$;
CREATE FUNCTION tsql.session() RETURNS text STABLE LANGUAGE sql AS $$ SELECT current_setting('tsql.session') $$;

CREATE FUNCTION tsql.version() RETURNS text STABLE LANGUAGE sql AS $$ SELECT version FROM tsql.servers WHERE name = tsql.server() $$;
CREATE FUNCTION tsql.serverproperty(text) RETURNS text STABLE LANGUAGE sql AS $$
  SELECT CASE lower($1)
    WHEN 'productversion' THEN product_version WHEN 'productmajorversion' THEN split_part(product_version, '.', 1)
    WHEN 'productminorversion' THEN split_part(product_version, '.', 2) WHEN 'productlevel' THEN 'RTM'
    WHEN 'edition' THEN edition WHEN 'engineedition' THEN engine_edition::text
    WHEN 'collation' THEN 'SQL_Latin1_General_CP1_CI_AS' WHEN 'servername' THEN name WHEN 'machinename' THEN name
    WHEN 'isintegratedsecurityonly' THEN '0' WHEN 'isclustered' THEN '0' WHEN 'ishadrenabled' THEN '0' WHEN 'issingleuser' THEN '0' END
    FROM tsql.servers WHERE name = tsql.server() $$;
CREATE FUNCTION tsql.db_name() RETURNS text STABLE LANGUAGE sql AS $$ SELECT name FROM tsql.databases WHERE key = tsql.key() $$;
CREATE FUNCTION tsql.db_name(int4) RETURNS text STABLE LANGUAGE sql AS $$
  SELECT name FROM tsql.databases WHERE server = tsql.server() AND database_id = $1 $$;
CREATE FUNCTION tsql.db_id() RETURNS int4 STABLE LANGUAGE sql AS $$ SELECT database_id FROM tsql.databases WHERE key = tsql.key() $$;
CREATE FUNCTION tsql.db_id(text) RETURNS int4 STABLE LANGUAGE sql AS $$
  SELECT database_id FROM tsql.databases WHERE server = tsql.server() AND name = $1 $$;
CREATE FUNCTION tsql.databasepropertyex(text, text) RETURNS text STABLE LANGUAGE sql AS $$
  SELECT CASE lower($2)
    WHEN 'collation' THEN collation_name WHEN 'status' THEN 'ONLINE' WHEN 'recovery' THEN recovery_model
    WHEN 'updateability' THEN CASE WHEN is_read_only OR is_secondary THEN 'READ_ONLY' ELSE 'READ_WRITE' END
    -- Only Azure SQL Database limits the size.
    WHEN 'maxsizeinbytes' THEN CASE tsql.serverproperty('engineedition') WHEN '5' THEN max_bytes::text END
    WHEN 'useraccess' THEN user_access WHEN 'version' THEN '904' WHEN 'edition' THEN (SELECT edition FROM tsql.servers WHERE name = server) END
    FROM tsql.databases WHERE server = tsql.server() AND name = $1 $$;

CREATE FUNCTION tsql.original_login() RETURNS text STABLE LANGUAGE sql AS $$ SELECT tsql.login() $$;
-- Of a password that does not expire nothing is told.
CREATE FUNCTION tsql.loginproperty(text, text) RETURNS text STABLE LANGUAGE sql AS $$
  SELECT CASE lower($2) WHEN 'daysuntilexpiration' THEN (password_expires::date - tsql.getdate()::date)::text
                        WHEN 'isexpired' THEN '0' WHEN 'islocked' THEN '0' WHEN 'ismustchange' THEN '0' END
    FROM tsql.logins WHERE server = tsql.server() AND name = $1 COLLATE tsql.ci $$;
CREATE FUNCTION tsql.suser_sname() RETURNS text STABLE LANGUAGE sql AS $$ SELECT tsql.login() $$;
CREATE FUNCTION tsql.suser_name() RETURNS text STABLE LANGUAGE sql AS $$ SELECT tsql.login() $$;
CREATE FUNCTION tsql.is_srvrolemember(text) RETURNS int4 STABLE LANGUAGE sql AS $$
  SELECT CASE WHEN lower($1) = 'public' THEN 1
              WHEN lower($1) IN ('sysadmin', 'serveradmin', 'securityadmin', 'dbcreator', 'processadmin', 'setupadmin', 'bulkadmin', 'diskadmin')
              THEN coalesce((SELECT is_sysadmin FROM tsql.logins WHERE server = tsql.server() AND name = tsql.login()), false)::int4 END $$;
CREATE FUNCTION tsql.has_role(text) RETURNS bool STABLE LANGUAGE sql AS $$
  SELECT tsql.is_srvrolemember('sysadmin') = 1
      OR EXISTS (SELECT 1 FROM tsql.role_members WHERE key = tsql.key() AND login = tsql.login() AND role = $1) $$;
-- Of dbo, whom a sysadmin is in every database, no role has a member.
CREATE FUNCTION tsql.is_rolemember(text) RETURNS int4 STABLE LANGUAGE sql AS $$
  SELECT CASE WHEN lower($1) = 'public' THEN 1
              WHEN lower($1) IN ('db_owner', 'db_securityadmin', 'db_accessadmin', 'db_backupoperator', 'db_ddladmin', 'db_datawriter', 'db_datareader', 'db_denydatawriter', 'db_denydatareader')
              THEN (tsql.is_srvrolemember('sysadmin') = 0 AND tsql.has_role($1))::int4 END $$;
CREATE FUNCTION tsql.is_member(text) RETURNS int4 STABLE LANGUAGE sql AS $$ SELECT tsql.is_rolemember($1) $$;
CREATE FUNCTION tsql.user_name() RETURNS text STABLE LANGUAGE sql AS $$
  SELECT CASE WHEN tsql.is_srvrolemember('sysadmin') = 1 THEN 'dbo' ELSE tsql.login() END $$;
-- A table of another database, by its three-part name: NULL if there is none.
CREATE FUNCTION tsql.is_elsewhere(text) RETURNS bool STABLE LANGUAGE sql AS $$
  SELECT array_length(p, 1) = 3 AND tsql.db_id(p[1]) IS DISTINCT FROM tsql.db_id() FROM tsql.name_parts($1) p $$;
CREATE FUNCTION tsql.may_select_elsewhere(text[]) RETURNS int4 STABLE LANGUAGE sql AS $$
  SELECT (tsql.is_srvrolemember('sysadmin') = 1 OR EXISTS (
           SELECT 1 FROM tsql.role_members m WHERE m.key = d.key AND m.login = tsql.login() AND m.role IN ('db_owner', 'db_datareader')))::int4
    FROM tsql.databases d JOIN pg_namespace n ON n.nspname = (d.key || '.' || $1[2])::name
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = $1[3]::name
   WHERE d.server = tsql.server() AND d.name = $1[1] COLLATE tsql.ci $$;
CREATE FUNCTION tsql.has_perms_by_name(securable text, class text, permission text) RETURNS int4 STABLE LANGUAGE sql AS $$
  SELECT CASE
    WHEN upper(class) = 'DATABASE' AND securable IS NOT NULL
     AND (array_length(tsql.name_parts(securable), 1) <> 1 OR tsql.db_id((tsql.name_parts(securable))[1]) IS NULL) THEN NULL
    WHEN upper(class) = 'OBJECT' AND tsql.is_elsewhere(securable) THEN tsql.may_select_elsewhere(tsql.name_parts(securable))
    WHEN class IS NULL OR upper(class) = 'SERVER' THEN CASE WHEN tsql.is_srvrolemember('sysadmin') = 1 OR upper(permission) = 'CONNECT SQL' THEN 1 ELSE 0 END
    WHEN tsql.has_role('db_owner') OR upper(permission) = 'CONNECT' THEN 1
    WHEN upper(permission) = 'SELECT' THEN tsql.has_role('db_datareader')::int4
    WHEN upper(permission) IN ('INSERT', 'UPDATE', 'DELETE') THEN tsql.has_role('db_datawriter')::int4
    WHEN upper(permission) LIKE 'CREATE %' OR upper(permission) LIKE 'ALTER%' THEN tsql.has_role('db_ddladmin')::int4
    ELSE 0 END $$;

-- In Azure SQL Database a database has another identifier here than everywhere else.
CREATE VIEW sys.databases AS
SELECT name, database_id + CASE tsql.serverproperty('engineedition') WHEN '5' THEN 1000 ELSE 0 END AS database_id, compatibility_level::int2 AS compatibility_level, collation_name COLLATE tsql.ci AS collation_name,
       0::int2 AS state, 'ONLINE' COLLATE tsql.ci AS state_desc, is_read_only, user_access COLLATE tsql.ci AS user_access_desc,
       CASE user_access WHEN 'MULTI_USER' THEN 0 WHEN 'SINGLE_USER' THEN 1 ELSE 2 END::int2 AS user_access,
       CASE recovery_model WHEN 'FULL' THEN 1 WHEN 'BULK_LOGGED' THEN 2 ELSE 3 END::int2 AS recovery_model,
       recovery_model COLLATE tsql.ci AS recovery_model_desc, is_auto_update_stats_on, is_read_committed_snapshot_on, false AS is_encrypted,
       delayed_durability COLLATE tsql.ci AS delayed_durability_desc, accelerated_recovery AS is_accelerated_database_recovery_on,
       timestamp(3) '2024-01-01' AS create_date
  FROM tsql.databases WHERE server = tsql.server();
CREATE VIEW sys.change_tracking_databases AS
SELECT database_id, auto_cleanup AS is_auto_cleanup_on, retention_period,
       CASE retention_unit WHEN 'MINUTES' THEN 1 WHEN 'HOURS' THEN 2 ELSE 3 END::int2 AS retention_period_units,
       retention_unit COLLATE tsql.ci AS retention_period_units_desc
  FROM tsql.databases WHERE server = tsql.server() AND change_tracking;
CREATE VIEW sys.server_principals AS
SELECT name, principal_id, 'S' COLLATE tsql.ci AS type, 'SQL_LOGIN' COLLATE tsql.ci AS type_desc, false AS is_disabled
  FROM tsql.logins WHERE server = tsql.server();
CREATE VIEW sys.database_principals AS
SELECT 'dbo' COLLATE tsql.ci AS name, 1 AS principal_id, 'S' COLLATE tsql.ci AS type, 'SQL_USER' COLLATE tsql.ci AS type_desc
UNION ALL
SELECT DISTINCT l.name, l.principal_id, 'S' COLLATE tsql.ci, 'SQL_USER' COLLATE tsql.ci
  FROM tsql.logins l JOIN tsql.role_members m ON m.login = l.name AND m.key = tsql.key() WHERE l.server = tsql.server();
