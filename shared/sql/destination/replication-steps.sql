-- The part of a replication run that writes data: staging tables, and what is applied from them.
-- A staging table belongs to one control row; mig.TableStatement has the T-SQL of its columns.
-- They work for the replication under way only: what is left of one that has ended changes nothing any more.
CREATE OR ALTER PROCEDURE [mig].[CreateStage] @replicationId int, @controlId int
AS
BEGIN
  SET NOCOUNT ON;
  IF NOT EXISTS (SELECT 1 FROM [mig].[Replication] WHERE [replicationId] = @replicationId AND [endedAt] IS NULL)
    THROW 50000, N'The replication is not under way any more.', 1;
  DECLARE @stage nvarchar(300) = N'[mig].[Stage' + CAST(@controlId AS nvarchar(10)) + N']';
  DECLARE @columns nvarchar(max), @statement nvarchar(max);
  SELECT @columns = [stageColumns] FROM [mig].[TableStatement] WHERE [controlId] = @controlId;
  SET @statement = N'DROP TABLE IF EXISTS ' + @stage + N'; CREATE TABLE ' + @stage
    + N' ([operation] nchar(1) NOT NULL, [fullReason] nvarchar(2048) NULL, ' + @columns + N')';
  EXEC sp_executesql @statement;
  UPDATE [mig].[ReplicationRun] SET [startedAt] = SYSUTCDATETIME()
  WHERE [replicationId] = @replicationId AND [controlId] = @controlId AND [startedAt] IS NULL;
END;
GO
-- Applies a staging table to its destination table in one transaction, notes the version, drops the staging table.
-- Whole: the table is emptied first. Changes: what changed or is gone is deleted, what changed is inserted again.
-- Preserve: as changes, but nothing is deleted that the source does not have.
CREATE OR ALTER PROCEDURE [mig].[ApplyStage] @replicationId int, @controlId int
AS
BEGIN
  SET NOCOUNT ON;
  SET XACT_ABORT ON;
  DECLARE @stage nvarchar(300) = N'[mig].[Stage' + CAST(@controlId AS nvarchar(10)) + N']';
  DECLARE @table nvarchar(300), @copyMethod nvarchar(10), @names nvarchar(max), @values nvarchar(max), @keys nvarchar(max);
  DECLARE @statement nvarchar(max), @emptying nvarchar(400), @isWhole int, @fullReason nvarchar(2048), @rows bigint;

  SELECT @table = N'[dbo].' + QUOTENAME(t.[destinationTable]), @copyMethod = t.[copyMethod], @names = s.[names],
    @values = s.[values], @keys = s.[stageKey]
  FROM [mig].[ReplicationTable] AS t
  JOIN [mig].[TableStatement] AS s ON s.[controlId] = t.[controlId]
  WHERE t.[controlId] = @controlId;

  SET @statement = N'SELECT @isWhole = COUNT(*), @fullReason = MAX([fullReason]) FROM ' + @stage
    + N' WHERE [operation] = N''F''';
  EXEC sp_executesql @statement, N'@isWhole int OUTPUT, @fullReason nvarchar(2048) OUTPUT', @isWhole = @isWhole OUTPUT,
    @fullReason = @fullReason OUTPUT;

  -- TRUNCATE is refused for what a foreign key refers to and for what an indexed view totals, as the ledgers are.
  SET @emptying = CASE
    WHEN EXISTS (SELECT 1 FROM sys.foreign_keys WHERE [referenced_object_id] = OBJECT_ID(@table))
      OR EXISTS (SELECT 1 FROM sys.sql_expression_dependencies AS e
        JOIN sys.views AS v ON v.[object_id] = e.[referencing_id]
        WHERE e.[referenced_id] = OBJECT_ID(@table) AND e.[is_schema_bound_reference] = 1)
    THEN N'DELETE FROM ' + @table + N' WITH (TABLOCK)' ELSE N'TRUNCATE TABLE ' + @table END;
  SET @statement = CASE
    WHEN @isWhole = 1 AND @copyMethod <> N'Preserve' THEN @emptying
    ELSE N'DELETE d FROM ' + @table + N' AS d JOIN ' + @stage + N' AS s ON ' + @keys
      + CASE WHEN @copyMethod = N'Preserve' THEN N' WHERE s.[operation] <> N''D''' ELSE N'' END END
    + N'; INSERT INTO ' + @table + N' (' + @names + N') SELECT ' + @values + N' FROM ' + @stage
    + N' AS s WHERE s.[operation] IN (N''I'', N''U''); SET @rows = @@ROWCOUNT';
  IF EXISTS (SELECT 1 FROM sys.columns WHERE [object_id] = OBJECT_ID(@table) AND [is_identity] = 1)
    SET @statement = N'SET IDENTITY_INSERT ' + @table + N' ON; ' + @statement + N'; SET IDENTITY_INSERT ' + @table + N' OFF';

  BEGIN TRANSACTION;
  IF NOT EXISTS (SELECT 1 FROM [mig].[Replication] WHERE [replicationId] = @replicationId AND [endedAt] IS NULL)
    THROW 50000, N'The replication is not under way any more.', 1;
  EXEC sp_executesql @statement, N'@rows bigint OUTPUT', @rows = @rows OUTPUT;
  UPDATE t SET t.[syncedVersion] = p.[toVersion]
  FROM [mig].[ReplicationTable] AS t
  JOIN [mig].[Replication] AS p ON p.[replicationId] = @replicationId
  WHERE t.[controlId] = @controlId;
  UPDATE [mig].[ReplicationRun]
  SET [status] = N'Succeeded', [rowsCopied] = @rows, [fullReason] = @fullReason, [error] = NULL, [endedAt] = SYSUTCDATETIME()
  WHERE [replicationId] = @replicationId AND [controlId] = @controlId;
  SET @statement = N'DROP TABLE ' + @stage;
  EXEC sp_executesql @statement;
  COMMIT TRANSACTION;
END;
GO
-- Ends the copy of a large table. Does nothing when a retried activity finds the table applied. Error 50000 describes
-- what failed, because the message of the database may show values of rows.
CREATE OR ALTER PROCEDURE [mig].[ApplyTable] @replicationId int, @controlId int
AS
BEGIN
  SET NOCOUNT ON;
  IF EXISTS (SELECT 1 FROM [mig].[ReplicationRun]
    WHERE [replicationId] = @replicationId AND [controlId] = @controlId AND [status] = N'Succeeded') RETURN;
  DECLARE @table nvarchar(300), @error nvarchar(2048);
  BEGIN TRY
    EXEC [mig].[ApplyStage] @replicationId = @replicationId, @controlId = @controlId;
  END TRY
  BEGIN CATCH
    IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
    SELECT @table = [destinationTable] FROM [mig].[ReplicationTable] WHERE [controlId] = @controlId;
    EXEC [mig].[DescribeError] @table = @table, @error = @error OUTPUT;
    THROW 50000, @error, 1;
  END CATCH;
END;
GO
-- Unpacks one table of a pack into its staging table.
CREATE OR ALTER PROCEDURE [mig].[FillStage] @replicationId int, @packNumber int, @controlId int
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @aliases nvarchar(max), @shape nvarchar(max), @statement nvarchar(max), @rows nvarchar(max);
  SELECT @aliases = [aliases], @shape = [jsonColumns] FROM [mig].[TableStatement] WHERE [controlId] = @controlId;
  SELECT @rows = CAST(DECOMPRESS([rows]) AS nvarchar(max))
  FROM [mig].[PackStage]
  WHERE [replicationId] = @replicationId AND [packNumber] = @packNumber AND [controlId] = @controlId;

  EXEC [mig].[CreateStage] @replicationId = @replicationId, @controlId = @controlId;
  SET @statement = N'INSERT INTO [mig].[Stage' + CAST(@controlId AS nvarchar(10)) + N'] ([operation], [fullReason], '
    + @aliases + N') SELECT [operation], [fullReason], ' + @aliases
    + N' FROM OPENJSON(@rows) WITH ([operation] nchar(1) ''$.operation'', [fullReason] nvarchar(2048) ''$.fullReason'', '
    + @shape + N')';
  EXEC sp_executesql @statement, N'@rows nvarchar(max)', @rows = @rows;
END;
GO
-- Applies a pack. A table that fails is logged and the next one follows, so that one table does not hold up the others.
CREATE OR ALTER PROCEDURE [mig].[UnpackPack] @replicationId int, @packNumber int
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @controlId int, @table nvarchar(300), @error nvarchar(2048);
  -- Static: a rollback would close any other kind, and the rest of the pack be lost.
  DECLARE [packed] CURSOR LOCAL FORWARD_ONLY STATIC READ_ONLY FOR
    SELECT s.[controlId], t.[destinationTable], s.[error]
    FROM [mig].[PackStage] AS s
    JOIN [mig].[ReplicationTable] AS t ON t.[controlId] = s.[controlId]
    JOIN [mig].[ReplicationRun] AS r ON r.[replicationId] = s.[replicationId] AND r.[controlId] = s.[controlId]
    WHERE s.[replicationId] = @replicationId AND s.[packNumber] = @packNumber AND r.[status] <> N'Succeeded'
    ORDER BY s.[controlId];
  OPEN [packed];
  FETCH NEXT FROM [packed] INTO @controlId, @table, @error;
  WHILE @@FETCH_STATUS = 0
  BEGIN
    BEGIN TRY
      IF @error IS NULL
      BEGIN
        EXEC [mig].[FillStage] @replicationId = @replicationId, @packNumber = @packNumber, @controlId = @controlId;
        EXEC [mig].[ApplyStage] @replicationId = @replicationId, @controlId = @controlId;
      END;
    END TRY
    BEGIN CATCH
      IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
      EXEC [mig].[DescribeError] @table = @table, @error = @error OUTPUT;
    END CATCH;
    -- Also what the source could not read.
    IF @error IS NOT NULL
      EXEC [mig].[LogTableFailure] @replicationId = @replicationId, @controlId = @controlId, @error = @error;
    FETCH NEXT FROM [packed] INTO @controlId, @table, @error;
  END;
  CLOSE [packed];
  DEALLOCATE [packed];
  DELETE FROM [mig].[PackStage] WHERE [replicationId] = @replicationId AND [packNumber] = @packNumber;
END;
