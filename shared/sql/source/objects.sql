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
-- the same in all rows. replicationId is the last run in which a table takes part, which reads it from fromVersion on;
-- refusal says why it cannot be tracked.
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
    [fromVersion] bigint NULL,
    [refusal] nvarchar(2048) NULL,
    INDEX [IX_Plan_group] ([flow], [groupNumber])
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
-- Is tracked itself, so that each change of it makes a version of the database.
IF OBJECT_ID(N'[mig].[Version]', N'U') IS NULL
  CREATE TABLE [mig].[Version] (
    [id] int NOT NULL CONSTRAINT [PK_Version] PRIMARY KEY,
    [takenAt] datetime2(3) NOT NULL
  );
IF NOT EXISTS (SELECT 1 FROM [mig].[Version])
  INSERT INTO [mig].[Version] ([id], [takenAt]) VALUES (1, SYSUTCDATETIME());
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
-- Notes which setup has prepared the database.
CREATE OR ALTER PROCEDURE [mig].[MarkSource] @setupKey nvarchar(64)
AS
BEGIN
  SET NOCOUNT ON;
  UPDATE [mig].[Setup] SET [setupKey] = @setupKey, [preparedAt] = SYSUTCDATETIME();
  IF @@ROWCOUNT = 0
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
-- Turns change tracking on: for the database if it is off (3 days, automatic clean-up), and for each table of the
-- replication that is read by its changes. A table that refuses, or is used by others for ten seconds, is read whole.
CREATE OR ALTER PROCEDURE [mig].[EnableChangeTracking] @replicationId int
AS
BEGIN
  SET NOCOUNT ON;
  SET XACT_ABORT ON;
  SET LOCK_TIMEOUT 10000;
  DECLARE @controlId int, @table nvarchar(300), @statement nvarchar(max), @error nvarchar(2048);

  IF NOT EXISTS (SELECT 1 FROM sys.change_tracking_databases WHERE [database_id] = DB_ID())
  BEGIN
    IF HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'ALTER') = 0
      THROW 50000, N'Change tracking of the source database is off, and the login may not turn it on. Grant it ALTER on the database, or run there: ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 3 DAYS, AUTO_CLEANUP = ON).', 1;
    -- Noted first, because ALTER DATABASE is refused inside a transaction: nothing that we turn on lacks its note.
    IF NOT EXISTS (SELECT 1 FROM [mig].[ChangeTracking] WHERE [name] = N'DATABASE')
      INSERT INTO [mig].[ChangeTracking] ([name], [turnedOnAt]) VALUES (N'DATABASE', SYSUTCDATETIME());
    ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 3 DAYS, AUTO_CLEANUP = ON);
  END;
  -- Not noted: it goes with the schema.
  IF NOT EXISTS (SELECT 1 FROM sys.change_tracking_tables WHERE [object_id] = OBJECT_ID(N'[mig].[Version]'))
    ALTER TABLE [mig].[Version] ENABLE CHANGE_TRACKING;

  UPDATE [mig].[Plan] SET [refusal] = NULL WHERE [refusal] IS NOT NULL;
  DECLARE [untracked] CURSOR LOCAL FORWARD_ONLY STATIC READ_ONLY FOR
    SELECT p.[controlId], p.[table] FROM [mig].[Plan] AS p
    LEFT JOIN sys.change_tracking_tables AS c ON c.[object_id] = OBJECT_ID(p.[table])
    WHERE p.[replicationId] = @replicationId AND p.[changes] IS NOT NULL AND c.[object_id] IS NULL;
  OPEN [untracked];
  FETCH NEXT FROM [untracked] INTO @controlId, @table;
  WHILE @@FETCH_STATUS = 0
  BEGIN
    BEGIN TRY
      SET @statement = N'ALTER TABLE ' + @table + N' ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = OFF)';
      BEGIN TRANSACTION;
      EXEC sp_executesql @statement;
      IF NOT EXISTS (SELECT 1 FROM [mig].[ChangeTracking] WHERE [name] = @table)
        INSERT INTO [mig].[ChangeTracking] ([name], [turnedOnAt]) VALUES (@table, SYSUTCDATETIME());
      COMMIT TRANSACTION;
    END TRY
    BEGIN CATCH
      IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
      EXEC [mig].[DescribeError] @table = @table, @error = @error OUTPUT;
      UPDATE [mig].[Plan] SET [refusal] = LEFT(N'Its changes cannot be tracked. ' + @error, 2048)
      WHERE [controlId] = @controlId;
    END CATCH;
    FETCH NEXT FROM [untracked] INTO @controlId, @table;
  END;
  CLOSE [untracked];
  DEALLOCATE [untracked];
END;
GO
-- One row: the version up to which the tables that are read from now on are complete, never 0. Versions are made before
-- and after it: what restarts the tracking of a table later on (TRUNCATE, turning it off and on) begins above it, and so
-- cannot pass for a table without changes.
CREATE OR ALTER PROCEDURE [mig].[TakeVersion]
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @version bigint;
  UPDATE [mig].[Version] SET [takenAt] = SYSUTCDATETIME();
  SET @version = CHANGE_TRACKING_CURRENT_VERSION();
  UPDATE [mig].[Version] SET [takenAt] = SYSUTCDATETIME();
  SELECT @version AS [version];
END;
GO
-- Chooses between the two statements that the plan has for a table: by changes when there is a version to start from
-- that change tracking still knows, else the whole table; then with the reason, if changes were wanted.
CREATE OR ALTER PROCEDURE [mig].[ChooseRead]
  @replicationId int, @controlId int, @fromVersion bigint OUTPUT, @statement nvarchar(max) OUTPUT,
  @fullReason nvarchar(2048) OUTPUT
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @table nvarchar(300), @name nvarchar(128), @full nvarchar(max), @changes nvarchar(max), @isFullCopy bit = 0;
  SELECT @table = [table], @fromVersion = [fromVersion], @full = [full], @changes = [changes], @fullReason = [refusal]
  FROM [mig].[Plan] WHERE [controlId] = @controlId AND [replicationId] = @replicationId;
  IF @table IS NULL THROW 50000, N'The table has no part in the replication that the source was prepared for.', 1;
  SET @name = PARSENAME(@table, 1);
  EXEC [mig].[IsFullCopyTable] @SqlTableName = @name, @IsFullCopy = @isFullCopy OUTPUT;
  IF @fullReason IS NULL AND @changes IS NOT NULL AND @fromVersion > 0
    SET @fullReason = CASE
      WHEN @isFullCopy = 1 THEN N'mig.IsFullCopyTable of the source says so.'
      WHEN CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(@table)) <= @fromVersion
        -- A database that was restored has lost versions.
        AND @fromVersion <= CHANGE_TRACKING_CURRENT_VERSION() THEN NULL
      ELSE CONCAT(N'Change tracking does not know all changes since version ', @fromVersion, N'.') END;
  SET @statement = CASE WHEN @changes IS NULL OR @fromVersion = 0 OR @fullReason IS NOT NULL THEN @full
    ELSE @changes END;
END;
GO
-- Reads one large table; the result has the columns of its staging table in the destination. Changes are held back until
-- it is sure that change tracking forgot none of them while they were read. Error 50000 describes what failed, because
-- the message of the database may show values of rows.
CREATE OR ALTER PROCEDURE [mig].[ReadTable] @replicationId int, @controlId int, @toVersion bigint
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @table nvarchar(300), @fromVersion bigint, @statement nvarchar(max), @full nvarchar(max);
  DECLARE @fullReason nvarchar(2048), @error nvarchar(2048);
  SELECT @table = [table], @full = [full] FROM [mig].[Plan] WHERE [controlId] = @controlId;
  BEGIN TRY
    EXEC [mig].[ChooseRead] @replicationId = @replicationId, @controlId = @controlId, @fromVersion = @fromVersion OUTPUT,
      @statement = @statement OUTPUT, @fullReason = @fullReason OUTPUT;
    IF @statement <> @full
      SET @statement = N'SELECT * INTO #changes FROM (' + @statement + N') AS [r];
        DECLARE @first bigint, @statement nvarchar(max);
        EXEC [mig].[ChooseRead] @replicationId = @replicationId, @controlId = @controlId, @fromVersion = @first OUTPUT,
          @statement = @statement OUTPUT, @fullReason = @fullReason OUTPUT;
        IF @statement = @full
          EXEC sp_executesql @statement, N''@fullReason nvarchar(2048)'', @fullReason = @fullReason;
        ELSE SELECT * FROM #changes';
    EXEC sp_executesql @statement,
      N'@replicationId int, @controlId int, @fromVersion bigint, @toVersion bigint, @full nvarchar(max),
        @fullReason nvarchar(2048)',
      @replicationId = @replicationId, @controlId = @controlId, @fromVersion = @fromVersion, @toVersion = @toVersion,
      @full = @full, @fullReason = @fullReason;
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
  DECLARE @read nvarchar(max), @rows nvarchar(max), @fullReason nvarchar(2048), @error nvarchar(2048);
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
        @fromVersion = @fromVersion OUTPUT, @statement = @again OUTPUT, @fullReason = @fullReason OUTPUT;
      SET @statement = N'';
      -- Once more when change tracking has forgotten changes while they were read.
      WHILE @again <> @statement
      BEGIN
        SET @statement = @again;
        SET @read = N'SET @rows = (SELECT * FROM (' + @statement + N') AS [r] FOR JSON PATH)';
        EXEC sp_executesql @read,
          N'@fromVersion bigint, @toVersion bigint, @fullReason nvarchar(2048), @rows nvarchar(max) OUTPUT',
          @fromVersion = @fromVersion, @toVersion = @toVersion, @fullReason = @fullReason, @rows = @rows OUTPUT;
        EXEC [mig].[ChooseRead] @replicationId = @replicationId, @controlId = @controlId,
          @fromVersion = @fromVersion OUTPUT, @statement = @again OUTPUT, @fullReason = @fullReason OUTPUT;
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
