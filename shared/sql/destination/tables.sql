-- What the service keeps in the environment's database, once claim.sql has claimed it. May run again; tables keep their
-- rows.
-- The mark that the environment is ready, and for which attempt of which setup. No row: not set up.
IF OBJECT_ID(N'[mig].[Environment]', N'U') IS NULL
  CREATE TABLE [mig].[Environment] (
    [id] int NOT NULL CONSTRAINT [PK_Environment] PRIMARY KEY CONSTRAINT [CK_Environment] CHECK ([id] = 1),
    [setupKey] nvarchar(64) NOT NULL,
    [attempt] int NOT NULL,
    [readyAt] datetime2(3) NOT NULL
  );
GO
-- Companies that were written to the environment's own list, and whether their rows are ours: those go when the setup
-- is deleted.
IF OBJECT_ID(N'[mig].[PublishedCompany]', N'U') IS NULL
  CREATE TABLE [mig].[PublishedCompany] (
    [name] nvarchar(50) NOT NULL CONSTRAINT [PK_PublishedCompany] PRIMARY KEY,
    [isInserted] bit NOT NULL
  );
GO
-- The table plan: one row a source table, also for those that are not copied.
-- planId is the same in all rows and changes with each plan. columns: [{ "ordinal", "name", "sourceName", "type", "isKey",
-- "carriedAs", "collation" }] as JSON. groupNumber is the batch of a large table, the pack of a small one. syncedVersion is the source's change
-- tracking version up to which the table is complete; 0 = copy it whole.
IF OBJECT_ID(N'[mig].[ReplicationTable]', N'U') IS NULL
  CREATE TABLE [mig].[ReplicationTable] (
    [controlId] int NOT NULL CONSTRAINT [PK_ReplicationTable] PRIMARY KEY,
    [planId] uniqueidentifier NOT NULL,
    [sourceSchema] nvarchar(128) NOT NULL,
    [sourceTable] nvarchar(128) NOT NULL,
    [destinationTable] nvarchar(128) NOT NULL,
    [company] nvarchar(128) NOT NULL,
    [tableName] nvarchar(128) NOT NULL,
    [appId] nvarchar(36) NOT NULL,
    [copyMethod] nvarchar(10) NOT NULL,
    [flow] nvarchar(10) NOT NULL,
    [groupNumber] int NOT NULL,
    [columns] nvarchar(max) NOT NULL,
    [rowCount] bigint NOT NULL,
    [byteCount] bigint NOT NULL,
    [reason] nvarchar(400) NOT NULL,
    [problems] nvarchar(max) NOT NULL,
    [syncedVersion] bigint NOT NULL CONSTRAINT [DF_ReplicationTable_syncedVersion] DEFAULT 0,
    INDEX [IX_ReplicationTable_group] ([flow], [groupNumber])
  );
GO
-- A table plan that is being written, until it takes the place of the one above as a whole. keptId and syncedVersion are
-- what a table keeps of that one.
IF OBJECT_ID(N'[mig].[PlanPart]', N'U') IS NULL
  CREATE TABLE [mig].[PlanPart] (
    [planId] uniqueidentifier NOT NULL,
    [controlId] int NOT NULL,
    [sourceSchema] nvarchar(128) NOT NULL,
    [sourceTable] nvarchar(128) NOT NULL,
    [destinationTable] nvarchar(128) NOT NULL,
    [company] nvarchar(128) NOT NULL,
    [tableName] nvarchar(128) NOT NULL,
    [appId] nvarchar(36) NOT NULL,
    [copyMethod] nvarchar(10) NOT NULL,
    [flow] nvarchar(10) NOT NULL,
    [groupNumber] int NOT NULL,
    [columns] nvarchar(max) NOT NULL,
    [rowCount] bigint NOT NULL,
    [byteCount] bigint NOT NULL,
    [reason] nvarchar(400) NOT NULL,
    [problems] nvarchar(max) NOT NULL,
    [keptId] int NULL,
    [syncedVersion] bigint NOT NULL CONSTRAINT [DF_PlanPart_syncedVersion] DEFAULT 0,
    CONSTRAINT [PK_PlanPart] PRIMARY KEY ([planId], [controlId])
  );
GO
-- Replication runs, and what became of each table in them. toVersion is known once the source was asked; a run without
-- an end is the one under way. fullReason: why a table was copied whole although it is planned by its changes.
IF OBJECT_ID(N'[mig].[Replication]', N'U') IS NULL
  CREATE TABLE [mig].[Replication] (
    [replicationId] int NOT NULL CONSTRAINT [PK_Replication] PRIMARY KEY,
    [pipelineRunId] nvarchar(50) NOT NULL,
    [mode] nvarchar(10) NOT NULL,
    [toVersion] bigint NULL,
    [startedAt] datetime2(3) NOT NULL,
    [endedAt] datetime2(3) NULL
  );
GO
IF OBJECT_ID(N'[mig].[ReplicationRun]', N'U') IS NULL
  CREATE TABLE [mig].[ReplicationRun] (
    [replicationId] int NOT NULL,
    [controlId] int NOT NULL,
    [status] nvarchar(10) NOT NULL,
    [fromVersion] bigint NOT NULL,
    [rowsCopied] bigint NULL,
    [fullReason] nvarchar(2048) NULL,
    [error] nvarchar(2048) NULL,
    [startedAt] datetime2(3) NULL,
    [endedAt] datetime2(3) NULL,
    CONSTRAINT [PK_ReplicationRun] PRIMARY KEY ([replicationId], [controlId])
  );
GO
-- Which companies a replication is limited to, by name; written before it starts. No row: all companies.
IF OBJECT_ID(N'[mig].[ReplicationCompany]', N'U') IS NULL
  CREATE TABLE [mig].[ReplicationCompany] (
    [replicationId] int NOT NULL,
    [company] nvarchar(128) NOT NULL,
    CONSTRAINT [PK_ReplicationCompany] PRIMARY KEY ([replicationId], [company])
  );
GO
-- Where packs of small tables arrive: the rows of a table as compressed JSON, or why the source could not read it. Packs
-- go on at the same time: by its key, what one of them writes or deletes touches no row of another.
IF OBJECT_ID(N'[mig].[PackStage]', N'U') IS NULL
  CREATE TABLE [mig].[PackStage] (
    [replicationId] int NOT NULL,
    [packNumber] int NOT NULL,
    [controlId] int NOT NULL,
    [rows] varbinary(max) NULL,
    [error] nvarchar(2048) NULL,
    CONSTRAINT [PK_PackStage] PRIMARY KEY ([replicationId], [packNumber], [controlId])
  );
GO
-- For each table that is copied, the T-SQL that its columns make up. full and changes are how the source is read; both
-- return what the staging table holds: the operation (F = the whole table follows, I, U, D), why the whole table follows,
-- and the columns under their aliases. The row F stands alone when a table is empty, so that "empty" and "nothing changed"
-- differ. A row that is gone since it changed counts as deleted; of a key that was written in other letters, change
-- tracking keeps the first spelling, and the row has the last one. A column is read and staged as what it is carried as (a
-- copy carries no decimal of more than 28 digits) and takes its own type when it is applied.
CREATE OR ALTER VIEW [mig].[TableStatement] AS
  SELECT t.[controlId], s.[name] AS [source],
    N'SELECT N''F'' AS [operation], @fullReason AS [fullReason], ' + c.[emptyRow]
      + N' UNION ALL SELECT N''I'', NULL, ' + c.[wholeRow]
      + N' FROM ' + s.[name] + N' AS [t]' AS [full],
    CASE WHEN t.[copyMethod] = N'Full' THEN NULL ELSE
      N'SELECT CASE WHEN ' + c.[rowGone] + N' THEN N''D'' ELSE [c].[SYS_CHANGE_OPERATION] END AS [operation], CAST(NULL AS nvarchar(2048)) AS [fullReason], '
      + c.[changedRow] + N' FROM CHANGETABLE(CHANGES ' + s.[name] + N', @fromVersion) AS [c] LEFT JOIN ' + s.[name]
      + N' AS [t] ON ' + c.[sameKey] + N' WHERE [c].[SYS_CHANGE_VERSION] <= @toVersion' END AS [changes],
    c.[names], c.[aliases], c.[values], c.[stageColumns], c.[jsonColumns], c.[stageKey]
  FROM [mig].[ReplicationTable] AS t
  CROSS APPLY (SELECT QUOTENAME(t.[sourceSchema]) + N'.' + QUOTENAME(t.[sourceTable]) AS [name]) AS s
  CROSS APPLY (
    SELECT
      STRING_AGG(CAST(N'CAST(NULL AS ' + p.[carriedAs] + N') AS ' + p.[alias] AS nvarchar(max)), N', ')
        WITHIN GROUP (ORDER BY p.[ordinal]) AS [emptyRow],
      STRING_AGG(CAST(N'CAST([t].' + p.[sourceName] + N' AS ' + p.[carriedAs] + N')' AS nvarchar(max)), N', ')
        WITHIN GROUP (ORDER BY p.[ordinal]) AS [wholeRow],
      STRING_AGG(CAST(N'CAST(' + CASE WHEN p.[isKey] = 1 THEN N'ISNULL([t].' + p.[sourceName] + N', [c].' + p.[sourceName] + N')'
        ELSE N'[t].' + p.[sourceName] END + N' AS ' + p.[carriedAs] + N') AS ' + p.[alias] AS nvarchar(max)), N', ')
        WITHIN GROUP (ORDER BY p.[ordinal]) AS [changedRow],
      STRING_AGG(CAST(CASE WHEN p.[isKey] = 1 THEN N'[t].' + p.[sourceName] + N' = [c].' + p.[sourceName] END AS nvarchar(max)),
        N' AND ') WITHIN GROUP (ORDER BY p.[ordinal]) AS [sameKey],
      STRING_AGG(CAST(CASE WHEN p.[isKey] = 1 THEN N'[t].' + p.[sourceName] + N' IS NULL' END AS nvarchar(max)), N' AND ')
        WITHIN GROUP (ORDER BY p.[ordinal]) AS [rowGone],
      STRING_AGG(CAST(p.[name] AS nvarchar(max)), N', ') WITHIN GROUP (ORDER BY p.[ordinal]) AS [names],
      STRING_AGG(CAST(p.[alias] AS nvarchar(max)), N', ') WITHIN GROUP (ORDER BY p.[ordinal]) AS [aliases],
      STRING_AGG(CAST(p.[value] AS nvarchar(max)), N', ') WITHIN GROUP (ORDER BY p.[ordinal]) AS [values],
      STRING_AGG(CAST(p.[alias] + N' ' + p.[carriedAs] + ISNULL(N' COLLATE ' + p.[collation], N'') + N' NULL'
        AS nvarchar(max)), N', ')
        WITHIN GROUP (ORDER BY p.[ordinal]) AS [stageColumns],
      STRING_AGG(CAST(p.[alias] + N' ' + p.[carriedAs] + N' ''$.' + p.[alias] + N'''' AS nvarchar(max)), N', ')
        WITHIN GROUP (ORDER BY p.[ordinal]) AS [jsonColumns],
      STRING_AGG(CAST(CASE WHEN p.[isKey] = 1 THEN N'd.' + p.[name] + N' = ' + p.[value] END AS nvarchar(max)),
        N' AND ') WITHIN GROUP (ORDER BY p.[ordinal]) AS [stageKey]
    FROM (
      SELECT j.[ordinal], QUOTENAME(j.[name]) AS [name],
        QUOTENAME(ISNULL(j.[sourceName], j.[name])) AS [sourceName], ISNULL(j.[carriedAs], j.[type]) AS [carriedAs], j.[isKey],
        j.[collation], a.[alias], CASE WHEN j.[carriedAs] IS NULL THEN N's.' + a.[alias]
          ELSE N'CAST(s.' + a.[alias] + N' AS ' + j.[type] + N')' END AS [value]
      FROM OPENJSON(t.[columns]) WITH (
        [ordinal] int '$.ordinal',
        [name] nvarchar(128) '$.name',
        [sourceName] nvarchar(128) '$.sourceName',
        [type] nvarchar(60) '$.type',
        [isKey] bit '$.isKey',
        [carriedAs] nvarchar(60) '$.carriedAs',
        [collation] nvarchar(128) '$.collation'
      ) AS j
      CROSS APPLY (SELECT N'c' + CAST(j.[ordinal] AS nvarchar(10)) AS [alias]) AS a
    ) AS p
  ) AS c
  WHERE t.[copyMethod] <> N'None';
