-- What the service keeps in the on-premises database, once claim.sql has claimed it. May run again at any time.
-- Which setup prepared this database last: cloud migration keeps state here (change tracking versions), so one database
-- must not feed several environments. https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/migration-troubleshooting
IF OBJECT_ID(N'[mig].[Setup]', N'U') IS NULL
  CREATE TABLE [mig].[Setup] (
    [id] int NOT NULL CONSTRAINT [PK_Setup] PRIMARY KEY CONSTRAINT [CK_Setup] CHECK ([id] = 1),
    [setupKey] nvarchar(64) NOT NULL,
    [preparedAt] datetime2(3) NOT NULL
  );
GO
-- Where the service turned change tracking on: quoted names of tables, and DATABASE for the database's own. What is not
-- noted here was on before, and is never turned off.
IF OBJECT_ID(N'[mig].[ChangeTracking]', N'U') IS NULL
  CREATE TABLE [mig].[ChangeTracking] (
    [name] nvarchar(300) NOT NULL CONSTRAINT [PK_ChangeTracking] PRIMARY KEY,
    [turnedOnAt] datetime2(3) NOT NULL
  );
GO
-- How the tables of the plan are read, as replication runs copy it from the environment when it has changed; planId is
-- the same in all rows. replicationId is the last run in which a table takes part, which reads it from fromVersion on.
IF OBJECT_ID(N'[mig].[Plan]', N'U') IS NULL
  CREATE TABLE [mig].[Plan] (
    [controlId] int NOT NULL CONSTRAINT [PK_Plan] PRIMARY KEY,
    [planId] uniqueidentifier NOT NULL,
    [flow] nvarchar(10) NOT NULL,
    [groupNumber] int NOT NULL,
    [table] nvarchar(300) NOT NULL,
    [full] nvarchar(max) NOT NULL,
    [changes] nvarchar(max) NULL,
    [replicationId] int NULL,
    [fromVersion] bigint NULL
  );
GO
-- Where mig.GetPlan of the environment arrives.
IF OBJECT_ID(N'[mig].[PlanPart]', N'U') IS NULL
  CREATE TABLE [mig].[PlanPart] (
    [controlId] int NOT NULL CONSTRAINT [PK_PlanPart] PRIMARY KEY,
    [planId] uniqueidentifier NOT NULL,
    [flow] nvarchar(10) NOT NULL,
    [groupNumber] int NOT NULL,
    [table] nvarchar(300) NULL,
    [full] nvarchar(max) NULL,
    [changes] nvarchar(max) NULL,
    [replicationId] int NULL,
    [fromVersion] bigint NULL
  );
GO
-- Users as the client's buffer for their mapping has them, cut to its lengths.
IF COL_LENGTH(N'[dbo].[User]', N'Authentication Email') IS NOT NULL
  AND COL_LENGTH(N'[dbo].[User Property]', N'Authentication Object ID') IS NOT NULL
  AND COL_LENGTH(N'[dbo].[User Property]', N'Name Identifier') IS NOT NULL
  EXEC (N'CREATE OR ALTER VIEW [mig].[User Mapping Source] AS
  SELECT u.[User Security ID], CAST(ISNULL(p.[Authentication Object ID], N'''') AS nvarchar(80)) AS [Authentication Object ID],
    CAST(ISNULL(p.[Name Identifier], N'''') AS nvarchar(250)) AS [Name Identifier],
    CAST(u.[User Name] AS nvarchar(50)) AS [User ID],
    CAST(u.[Authentication Email] AS nvarchar(50)) AS [Authentication Email]
  FROM [dbo].[User] AS u
  LEFT JOIN [dbo].[User Property] AS p ON p.[User Security ID] = u.[User Security ID];');
GO
-- Says whether a table is read as a whole at each run instead of by its changes. It is created once and then belongs to
-- the administrator: an edited version stays until the setup is deleted.
IF OBJECT_ID(N'[mig].[IsFullCopyTable]', N'P') IS NULL
  EXEC (N'CREATE PROCEDURE [mig].[IsFullCopyTable] @SqlTableName nvarchar(250), @IsFullCopy bit OUTPUT AS
  SET @IsFullCopy = 0;');
GO
-- Turns change tracking on: for the database if it is off (3 days, automatic clean-up), and for each table that can be
-- tracked and may be replicated. Platform tables, whose names have no $, are left alone but for those that travel.
CREATE OR ALTER PROCEDURE [mig].[EnableChangeTracking] @setupKey nvarchar(64)
AS
BEGIN
  SET NOCOUNT ON;
  SET XACT_ABORT ON;
  DECLARE @table nvarchar(300), @statement nvarchar(max);

  IF NOT EXISTS (SELECT 1 FROM sys.change_tracking_databases WHERE [database_id] = DB_ID())
  BEGIN
    -- Noted first, because ALTER DATABASE is refused inside a transaction: nothing that we turn on lacks its note.
    IF NOT EXISTS (SELECT 1 FROM [mig].[ChangeTracking] WHERE [name] = N'DATABASE')
      INSERT INTO [mig].[ChangeTracking] ([name], [turnedOnAt]) VALUES (N'DATABASE', SYSUTCDATETIME());
    ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 3 DAYS, AUTO_CLEANUP = ON);
  END;

  DECLARE [untracked] CURSOR LOCAL FORWARD_ONLY STATIC READ_ONLY FOR
    SELECT QUOTENAME(SCHEMA_NAME(t.[schema_id])) + N'.' + QUOTENAME(t.[name])
    FROM sys.tables AS t
    JOIN sys.indexes AS i ON i.[object_id] = t.[object_id] AND i.[is_primary_key] = 1
    LEFT JOIN sys.change_tracking_tables AS c ON c.[object_id] = t.[object_id]
    WHERE c.[object_id] IS NULL
      AND t.[is_memory_optimized] = 0
      AND SCHEMA_NAME(t.[schema_id]) = N'dbo'
      AND t.[name] NOT LIKE N'$ndo$%'
      AND (CHARINDEX(N'$', t.[name]) > 0 OR t.[name] IN (N'Record Link', N'Tenant Feature Key', N'Tenant Media',
        N'Tenant Media Set', N'Tenant Media Thumbnails', N'Tenant Report Layout', N'Tenant Report Layout Cfg',
        N'Tenant Report Layout Override', N'Tenant Report Layout Selection'));
  OPEN [untracked];
  FETCH NEXT FROM [untracked] INTO @table;
  WHILE @@FETCH_STATUS = 0
  BEGIN
    SET @statement = N'ALTER TABLE ' + @table + N' ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = OFF)';
    BEGIN TRANSACTION;
    EXEC sp_executesql @statement;
    IF NOT EXISTS (SELECT 1 FROM [mig].[ChangeTracking] WHERE [name] = @table)
      INSERT INTO [mig].[ChangeTracking] ([name], [turnedOnAt]) VALUES (@table, SYSUTCDATETIME());
    COMMIT TRANSACTION;
    FETCH NEXT FROM [untracked] INTO @table;
  END;
  CLOSE [untracked];
  DEALLOCATE [untracked];

  DELETE FROM [mig].[Setup];
  INSERT INTO [mig].[Setup] ([id], [setupKey], [preparedAt]) VALUES (1, @setupKey, SYSUTCDATETIME());
END;
GO
-- Puts what has arrived in mig.PlanPart in its place. Nothing arrived: it was taken before.
CREATE OR ALTER PROCEDURE [mig].[TakePlan]
AS
BEGIN
  SET NOCOUNT ON;
  SET XACT_ABORT ON;
  BEGIN TRANSACTION;
  IF EXISTS (SELECT 1 FROM [mig].[PlanPart] WHERE [full] IS NOT NULL)
  BEGIN
    DELETE FROM [mig].[Plan];
    INSERT INTO [mig].[Plan] ([controlId], [planId], [flow], [groupNumber], [table], [full], [changes], [replicationId],
      [fromVersion])
    SELECT [controlId], [planId], [flow], [groupNumber], [table], [full], [changes], [replicationId], [fromVersion]
    FROM [mig].[PlanPart];
  END;
  ELSE
    UPDATE p SET p.[replicationId] = t.[replicationId], p.[fromVersion] = t.[fromVersion]
    FROM [mig].[Plan] AS p
    JOIN [mig].[PlanPart] AS t ON t.[controlId] = p.[controlId];
  DELETE FROM [mig].[PlanPart];
  COMMIT TRANSACTION;
END;
GO
-- Chooses between the two statements that the plan has for a table: by changes when there is a version to start from
-- that change tracking still knows, else the whole table.
CREATE OR ALTER PROCEDURE [mig].[ChooseRead]
  @replicationId int, @controlId int, @fromVersion bigint OUTPUT, @statement nvarchar(max) OUTPUT
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @table nvarchar(300), @name nvarchar(128), @full nvarchar(max), @changes nvarchar(max), @isFullCopy bit = 0;
  SELECT @table = [table], @fromVersion = [fromVersion], @full = [full], @changes = [changes]
  FROM [mig].[Plan] WHERE [controlId] = @controlId AND [replicationId] = @replicationId;
  IF @table IS NULL THROW 50000, N'The table has no part in the replication that the source was prepared for.', 1;
  SET @name = PARSENAME(@table, 1);
  EXEC [mig].[IsFullCopyTable] @SqlTableName = @name, @IsFullCopy = @isFullCopy OUTPUT;
  SET @statement = CASE
    WHEN @changes IS NULL OR @fromVersion = 0 OR @isFullCopy = 1 THEN @full
    WHEN CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(@table)) <= @fromVersion THEN @changes
    ELSE @full END;
END;
GO
-- Reads one large table; the result has the columns of its staging table in the destination. Changes are held back until
-- it is sure that change tracking forgot none of them while they were read. Error 50000 describes what failed, because
-- the message of the database may show values of rows.
CREATE OR ALTER PROCEDURE [mig].[ReadTable] @replicationId int, @controlId int, @toVersion bigint
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @table nvarchar(300), @fromVersion bigint, @statement nvarchar(max), @full nvarchar(max), @error nvarchar(2048);
  SELECT @table = [table], @full = [full] FROM [mig].[Plan] WHERE [controlId] = @controlId;
  BEGIN TRY
    EXEC [mig].[ChooseRead] @replicationId = @replicationId, @controlId = @controlId, @fromVersion = @fromVersion OUTPUT,
      @statement = @statement OUTPUT;
    IF @statement <> @full
      SET @statement = N'SELECT * INTO #changes FROM (' + @statement + N') AS [r];
        DECLARE @first bigint, @statement nvarchar(max);
        EXEC [mig].[ChooseRead] @replicationId = @replicationId, @controlId = @controlId, @fromVersion = @first OUTPUT,
          @statement = @statement OUTPUT;
        IF @statement = @full EXEC sp_executesql @statement;
        ELSE SELECT * FROM #changes';
    EXEC sp_executesql @statement,
      N'@replicationId int, @controlId int, @fromVersion bigint, @toVersion bigint, @full nvarchar(max)',
      @replicationId = @replicationId, @controlId = @controlId, @fromVersion = @fromVersion, @toVersion = @toVersion,
      @full = @full;
  END TRY
  BEGIN CATCH
    EXEC [mig].[DescribeError] @table = @table, @error = @error OUTPUT;
    THROW 50000, @error, 1;
  END CATCH;
END;
GO
-- Reads a pack of small tables: one row a table, its rows as compressed JSON, or why it could not be read.
CREATE OR ALTER PROCEDURE [mig].[PackTables] @replicationId int, @packNumber int, @toVersion bigint
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @controlId int, @table nvarchar(300), @fromVersion bigint, @statement nvarchar(max), @again nvarchar(max);
  DECLARE @read nvarchar(max), @rows nvarchar(max), @error nvarchar(2048);
  CREATE TABLE #pack (
    [controlId] int NOT NULL,
    [rows] varbinary(max) NULL,
    [error] nvarchar(2048) COLLATE DATABASE_DEFAULT NULL
  );

  DECLARE [entry] CURSOR LOCAL FORWARD_ONLY STATIC READ_ONLY FOR
    SELECT [controlId], [table] FROM [mig].[Plan]
    WHERE [replicationId] = @replicationId AND [flow] = N'Small' AND [groupNumber] = @packNumber;
  OPEN [entry];
  FETCH NEXT FROM [entry] INTO @controlId, @table;
  WHILE @@FETCH_STATUS = 0
  BEGIN
    BEGIN TRY
      EXEC [mig].[ChooseRead] @replicationId = @replicationId, @controlId = @controlId,
        @fromVersion = @fromVersion OUTPUT, @statement = @again OUTPUT;
      SET @statement = N'';
      -- Once more when change tracking has forgotten changes while they were read.
      WHILE @again <> @statement
      BEGIN
        SET @statement = @again;
        SET @read = N'SET @rows = (SELECT * FROM (' + @statement + N') AS [r] FOR JSON PATH)';
        EXEC sp_executesql @read, N'@fromVersion bigint, @toVersion bigint, @rows nvarchar(max) OUTPUT',
          @fromVersion = @fromVersion, @toVersion = @toVersion, @rows = @rows OUTPUT;
        EXEC [mig].[ChooseRead] @replicationId = @replicationId, @controlId = @controlId,
          @fromVersion = @fromVersion OUTPUT, @statement = @again OUTPUT;
      END;
      INSERT INTO #pack ([controlId], [rows]) VALUES (@controlId, COMPRESS(@rows));
    END TRY
    BEGIN CATCH
      EXEC [mig].[DescribeError] @table = @table, @error = @error OUTPUT;
      INSERT INTO #pack ([controlId], [error]) VALUES (@controlId, @error);
    END CATCH;
    FETCH NEXT FROM [entry] INTO @controlId, @table;
  END;
  CLOSE [entry];
  DEALLOCATE [entry];

  SELECT @replicationId AS [replicationId], @packNumber AS [packNumber], [controlId], [rows], [error] FROM #pack;
END;
