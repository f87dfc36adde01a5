-- The part of a replication run that only reads the plan and keeps the log. Called by the replication pipelines.
-- Each procedure may run again with the same arguments: a pipeline activity is retried.
--
-- One replication goes on at a time, and an id is used once: error 50000 otherwise. Tables without a company always take
-- part, those of companies as mig.ReplicationCompany says; with @retryOf > 0, only what that replication did not copy.
CREATE OR ALTER PROCEDURE [mig].[BeginReplication] @replicationId int, @pipelineRunId nvarchar(50), @mode nvarchar(10),
  @retryOf int = 0
AS
BEGIN
  SET NOCOUNT ON;
  SET XACT_ABORT ON;
  DECLARE @lock int, @usedBy nvarchar(50);
  IF @mode NOT IN (N'delta', N'full') THROW 50000, N'The mode of a replication is delta or full.', 1;

  BEGIN TRANSACTION;
  EXEC @lock = sys.sp_getapplock @Resource = N'mig', @LockMode = N'Exclusive', @LockOwner = N'Transaction',
    @LockTimeout = 30000;
  IF @lock < 0 THROW 50000, N'This database was locked by another installation for 30 seconds.', 1;

  SELECT @usedBy = [pipelineRunId] FROM [mig].[Replication] WHERE [replicationId] = @replicationId;
  IF @usedBy <> @pipelineRunId
    THROW 50000, N'The replicationId belongs to another run. Start this one with an id that was never used.', 1;
  IF @usedBy IS NULL
  BEGIN
    IF EXISTS (SELECT 1 FROM [mig].[Replication] WHERE [endedAt] IS NULL)
      THROW 50000, N'Another replication of this environment has not ended. Wait for it; mig.EndReplication ends one whose pipeline run is over.', 1;
    INSERT INTO [mig].[Replication] ([replicationId], [pipelineRunId], [mode], [startedAt])
    VALUES (@replicationId, @pipelineRunId, @mode, SYSUTCDATETIME());
    INSERT INTO [mig].[ReplicationRun] ([replicationId], [controlId], [status], [fromVersion])
    SELECT @replicationId, t.[controlId], N'Pending', CASE WHEN @mode = N'full' THEN 0 ELSE t.[syncedVersion] END
    FROM [mig].[ReplicationTable] AS t
    WHERE t.[copyMethod] <> N'None'
      AND (t.[company] = N''
        OR NOT EXISTS (SELECT 1 FROM [mig].[ReplicationCompany] AS c WHERE c.[replicationId] = @replicationId)
        OR EXISTS (SELECT 1 FROM [mig].[ReplicationCompany] AS c
          WHERE c.[replicationId] = @replicationId AND c.[company] = t.[company]))
      AND (@retryOf = 0 OR EXISTS (SELECT 1 FROM [mig].[ReplicationRun] AS r
        WHERE r.[replicationId] = @retryOf AND r.[controlId] = t.[controlId] AND r.[status] <> N'Succeeded'));
  END;
  COMMIT TRANSACTION;
END;
GO
-- A row a table for mig.PlanPart of the source: the whole plan when the source knows another one, else only which tables
-- take part in the replication and from which version on.
CREATE OR ALTER PROCEDURE [mig].[GetPlan] @replicationId int, @knownPlanId uniqueidentifier
AS
BEGIN
  SET NOCOUNT ON;
  IF EXISTS (SELECT 1 FROM [mig].[ReplicationTable] WHERE [planId] <> @knownPlanId)
    SELECT t.[controlId], t.[planId], t.[flow], t.[groupNumber], s.[source] AS [table], s.[full], s.[changes],
      r.[replicationId], r.[fromVersion]
    FROM [mig].[ReplicationTable] AS t
    JOIN [mig].[TableStatement] AS s ON s.[controlId] = t.[controlId]
    LEFT JOIN [mig].[ReplicationRun] AS r ON r.[replicationId] = @replicationId AND r.[controlId] = t.[controlId];
  ELSE
    SELECT t.[controlId], t.[planId], t.[flow], t.[groupNumber], CAST(NULL AS nvarchar(300)) AS [table],
      CAST(NULL AS nvarchar(max)) AS [full], CAST(NULL AS nvarchar(max)) AS [changes], r.[replicationId], r.[fromVersion]
    FROM [mig].[ReplicationRun] AS r
    JOIN [mig].[ReplicationTable] AS t ON t.[controlId] = r.[controlId]
    WHERE r.[replicationId] = @replicationId;
END;
GO
-- Notes up to which version of the source the tables of a replication will be complete.
CREATE OR ALTER PROCEDURE [mig].[SetVersion] @replicationId int, @version bigint
AS
BEGIN
  SET NOCOUNT ON;
  UPDATE [mig].[Replication] SET [toVersion] = @version WHERE [replicationId] = @replicationId AND [endedAt] IS NULL;
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
-- One row a table, largest first.
CREATE OR ALTER PROCEDURE [mig].[GetLargeBatch] @replicationId int, @batchNumber int
AS
BEGIN
  SET NOCOUNT ON;
  SELECT r.[controlId]
  FROM [mig].[ReplicationRun] AS r
  JOIN [mig].[ReplicationTable] AS t ON t.[controlId] = r.[controlId]
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
-- Closes a replication for the run that began it. @error: why it could not reach its tables; '' when it tried.
CREATE OR ALTER PROCEDURE [mig].[EndReplication]
  @replicationId int, @pipelineRunId nvarchar(50), @error nvarchar(max)
AS
BEGIN
  SET NOCOUNT ON;
  IF NOT EXISTS (SELECT 1 FROM [mig].[Replication]
    WHERE [replicationId] = @replicationId AND [pipelineRunId] = @pipelineRunId)
    THROW 50000, N'This run has begun no replication of that id.', 1;
  UPDATE [mig].[ReplicationRun]
  SET [status] = N'Failed', [endedAt] = SYSUTCDATETIME(),
    [error] = LEFT(COALESCE(NULLIF(@error, N''), N'The replication ended before the table was reached.'), 2048)
  WHERE [replicationId] = @replicationId AND [status] = N'Pending';
  DELETE FROM [mig].[PackStage] WHERE [replicationId] = @replicationId;
  UPDATE [mig].[Replication] SET [endedAt] = SYSUTCDATETIME()
  WHERE [replicationId] = @replicationId AND [endedAt] IS NULL;
END;
GO
-- One row; error 50000 when the run has begun no replication, so that nothing cannot pass for success.
CREATE OR ALTER PROCEDURE [mig].[GetSummary] @replicationId int, @pipelineRunId nvarchar(50)
AS
BEGIN
  SET NOCOUNT ON;
  IF NOT EXISTS (SELECT 1 FROM [mig].[Replication]
    WHERE [replicationId] = @replicationId AND [pipelineRunId] = @pipelineRunId)
    THROW 50000, N'This run has begun no replication of that id.', 1;
  SELECT COUNT(*) AS [tables],
    ISNULL(SUM(CASE WHEN [status] = N'Succeeded' THEN 1 ELSE 0 END), 0) AS [succeededTables],
    ISNULL(SUM(CASE WHEN [status] = N'Failed' THEN 1 ELSE 0 END), 0) AS [failedTables],
    ISNULL(SUM([rowsCopied]), 0) AS [rowsCopied]
  FROM [mig].[ReplicationRun]
  WHERE [replicationId] = @replicationId;
END;
