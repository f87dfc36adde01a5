-- The part of a replication run that only reads the plan and keeps the log. Called by the replication pipelines.
-- Each procedure may run again with the same arguments: a pipeline activity is retried.
--
-- @companies: * or a JSON array of company names; tables without a company always take part.
CREATE OR ALTER PROCEDURE [mig].[BeginReplication]
  @replicationId int, @pipelineRunId nvarchar(50), @mode nvarchar(10), @companies nvarchar(max), @version bigint
AS
BEGIN
  SET NOCOUNT ON;
  SET XACT_ABORT ON;
  IF @mode NOT IN (N'delta', N'full') THROW 50000, N'The mode of a replication is delta or full.', 1;
  IF EXISTS (SELECT 1 FROM [mig].[Replication] WHERE [replicationId] = @replicationId) RETURN;

  BEGIN TRANSACTION;
  INSERT INTO [mig].[Replication] ([replicationId], [pipelineRunId], [mode], [toVersion], [startedAt])
  VALUES (@replicationId, @pipelineRunId, @mode, @version, SYSUTCDATETIME());
  INSERT INTO [mig].[ReplicationRun] ([replicationId], [controlId], [status], [fromVersion])
  SELECT @replicationId, t.[controlId], N'Pending', CASE WHEN @mode = N'full' THEN 0 ELSE t.[syncedVersion] END
  FROM [mig].[ReplicationTable] AS t
  WHERE t.[copyMethod] <> N'None'
    AND (t.[company] = N'' OR @companies = N'*'
      OR t.[company] IN (SELECT j.[value] FROM OPENJSON(CASE WHEN @companies = N'*' THEN N'[]' ELSE @companies END) AS j));
  COMMIT TRANSACTION;
END;
GO
CREATE OR ALTER PROCEDURE [mig].[GetPacks] @replicationId int
AS
BEGIN
  SET NOCOUNT ON;
  SELECT DISTINCT t.[groupNumber] AS [packNumber]
  FROM [mig].[ReplicationRun] AS r
  JOIN [mig].[ReplicationTable] AS t ON t.[controlId] = r.[controlId]
  WHERE r.[replicationId] = @replicationId AND t.[flow] = N'Small'
  ORDER BY [packNumber];
END;
GO
CREATE OR ALTER PROCEDURE [mig].[GetLargeBatches] @replicationId int
AS
BEGIN
  SET NOCOUNT ON;
  SELECT DISTINCT t.[groupNumber] AS [batchNumber]
  FROM [mig].[ReplicationRun] AS r
  JOIN [mig].[ReplicationTable] AS t ON t.[controlId] = r.[controlId]
  WHERE r.[replicationId] = @replicationId AND t.[flow] = N'Large'
  ORDER BY [batchNumber];
END;
GO
-- One row: what mig.PackTables of the source is called with.
CREATE OR ALTER PROCEDURE [mig].[GetPackManifest] @replicationId int, @packNumber int
AS
BEGIN
  SET NOCOUNT ON;
  SELECT (
      SELECT r.[controlId], s.[source] AS [table], r.[fromVersion], s.[full], s.[changes]
      FROM [mig].[ReplicationRun] AS r
      JOIN [mig].[ReplicationTable] AS t ON t.[controlId] = r.[controlId]
      JOIN [mig].[TableStatement] AS s ON s.[controlId] = r.[controlId]
      WHERE r.[replicationId] = @replicationId AND t.[flow] = N'Small' AND t.[groupNumber] = @packNumber
      ORDER BY r.[controlId] FOR JSON PATH
    ) AS [manifest], p.[toVersion]
  FROM [mig].[Replication] AS p
  WHERE p.[replicationId] = @replicationId;
END;
GO
-- One row a table, largest first: the query for the source, the staging table, and the script that makes it.
CREATE OR ALTER PROCEDURE [mig].[GetLargeBatch] @replicationId int, @batchNumber int
AS
BEGIN
  SET NOCOUNT ON;
  SELECT r.[controlId], t.[sourceSchema], t.[sourceTable], N'mig' AS [stageSchema],
    N'Stage' + CAST(r.[controlId] AS nvarchar(10)) AS [stageTable],
    N'EXEC [mig].[CreateStage] ' + CAST(r.[controlId] AS nvarchar(10)) AS [preCopyScript],
    N'EXEC [mig].[ReadTable] N''' + REPLACE(s.[source], N'''', N'''''') + N''', ' + CAST(r.[fromVersion] AS nvarchar(20))
      + N', ' + CAST(p.[toVersion] AS nvarchar(20)) + N', N''' + REPLACE(s.[full], N'''', N'''''') + N''', '
      + ISNULL(N'N''' + REPLACE(s.[changes], N'''', N'''''') + N'''', N'NULL') AS [selectStatement]
  FROM [mig].[ReplicationRun] AS r
  JOIN [mig].[Replication] AS p ON p.[replicationId] = r.[replicationId]
  JOIN [mig].[ReplicationTable] AS t ON t.[controlId] = r.[controlId]
  JOIN [mig].[TableStatement] AS s ON s.[controlId] = r.[controlId]
  WHERE r.[replicationId] = @replicationId AND t.[flow] = N'Large' AND t.[groupNumber] = @batchNumber
  ORDER BY t.[byteCount] DESC, r.[controlId];
END;
GO
CREATE OR ALTER PROCEDURE [mig].[LogTableFailure] @replicationId int, @controlId int, @error nvarchar(max)
AS
BEGIN
  SET NOCOUNT ON;
  UPDATE [mig].[ReplicationRun] SET [status] = N'Failed', [error] = LEFT(@error, 2048), [endedAt] = SYSUTCDATETIME()
  WHERE [replicationId] = @replicationId AND [controlId] = @controlId;
END;
GO
-- Tables of the pack that were applied before it failed stay applied.
CREATE OR ALTER PROCEDURE [mig].[LogPackFailure] @replicationId int, @packNumber int, @error nvarchar(max)
AS
BEGIN
  SET NOCOUNT ON;
  UPDATE r SET r.[status] = N'Failed', r.[error] = LEFT(@error, 2048), r.[endedAt] = SYSUTCDATETIME()
  FROM [mig].[ReplicationRun] AS r
  JOIN [mig].[ReplicationTable] AS t ON t.[controlId] = r.[controlId]
  WHERE r.[replicationId] = @replicationId AND t.[flow] = N'Small' AND t.[groupNumber] = @packNumber
    AND r.[status] = N'Pending';
END;
GO
CREATE OR ALTER PROCEDURE [mig].[EndReplication] @replicationId int
AS
BEGIN
  SET NOCOUNT ON;
  UPDATE [mig].[ReplicationRun]
  SET [status] = N'Failed', [error] = N'The replication ended before the table was reached.', [endedAt] = SYSUTCDATETIME()
  WHERE [replicationId] = @replicationId AND [status] = N'Pending';
  DELETE FROM [mig].[PackStage] WHERE [replicationId] = @replicationId;
  UPDATE [mig].[Replication] SET [endedAt] = SYSUTCDATETIME()
  WHERE [replicationId] = @replicationId AND [endedAt] IS NULL;
END;
GO
CREATE OR ALTER PROCEDURE [mig].[GetSummary] @replicationId int
AS
BEGIN
  SET NOCOUNT ON;
  SELECT COUNT(*) AS [tables],
    ISNULL(SUM(CASE WHEN [status] = N'Succeeded' THEN 1 ELSE 0 END), 0) AS [succeededTables],
    ISNULL(SUM(CASE WHEN [status] = N'Failed' THEN 1 ELSE 0 END), 0) AS [failedTables],
    ISNULL(SUM([rowsCopied]), 0) AS [rowsCopied]
  FROM [mig].[ReplicationRun]
  WHERE [replicationId] = @replicationId;
END;
