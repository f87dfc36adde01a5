-- Puts the plan @planId, whose @tables rows wait in mig.PlanPart, in the place of the present one, under the condition
-- of plan-is-open.sql. A table that goes from the same source to the same place keeps its number, by which the logs of
-- replications know it, and if its columns are the same, the version up to which it is complete. One row: the outcome,
-- replaced or superseded.
SET NOCOUNT ON;
SET XACT_ABORT ON;

DECLARE @lock int, @outcome nvarchar(20) = N'superseded', @lastId int;

BEGIN TRANSACTION;
EXEC @lock = sys.sp_getapplock @Resource = N'mig', @LockMode = N'Exclusive', @LockOwner = N'Transaction',
  @LockTimeout = 30000;
IF @lock < 0 THROW 50000, N'This database was locked by another installation for 30 seconds.', 1;

IF OBJECT_ID(N'[mig].[Claim]', N'U') IS NOT NULL AND OBJECT_ID(N'[mig].[Environment]', N'U') IS NOT NULL
  IF EXISTS (SELECT 1 FROM [mig].[Claim] WHERE [setupKey] = @setupKey AND [attempt] = @attempt)
    AND (EXISTS (SELECT 1 FROM [mig].[Environment] WHERE [setupKey] = @setupKey AND [attempt] = @attempt)
        AND @replicationId > 0 AND NOT EXISTS (SELECT 1 FROM [mig].[Replication] WHERE [replicationId] >= @replicationId)
      OR NOT EXISTS (SELECT 1 FROM [mig].[Environment] WHERE [setupKey] = @setupKey AND [attempt] = @attempt)
        AND @replicationId = 0)
    SET @outcome = N'replaced';

IF @outcome = N'replaced'
BEGIN
  -- Another run of the same step empties the parts when it is done first.
  IF (SELECT COUNT(*) FROM [mig].[PlanPart] WHERE [planId] = @planId) <> @tables
    THROW 50000, N'Another run of the same step replaced the plan meanwhile.', 1;
  UPDATE p SET p.[keptId] = t.[controlId], p.[syncedVersion] = CASE WHEN t.[columns] = p.[columns] THEN t.[syncedVersion] ELSE 0 END
  FROM [mig].[PlanPart] AS p
  JOIN [mig].[ReplicationTable] AS t ON t.[sourceSchema] = p.[sourceSchema] COLLATE Latin1_General_100_BIN2
    AND t.[sourceTable] = p.[sourceTable] COLLATE Latin1_General_100_BIN2
    AND t.[destinationTable] = p.[destinationTable] COLLATE Latin1_General_100_BIN2
  WHERE p.[planId] = @planId;
  SELECT @lastId = MAX(u.[controlId]) FROM (
    SELECT 0 AS [controlId] UNION ALL SELECT [controlId] FROM [mig].[ReplicationTable]
    UNION ALL SELECT [controlId] FROM [mig].[ReplicationRun]
  ) AS u;
  DELETE FROM [mig].[ReplicationTable];
  INSERT INTO [mig].[ReplicationTable] ([controlId], [planId], [sourceSchema], [sourceTable], [destinationTable], [company],
    [tableName], [appId], [copyMethod], [flow], [groupNumber], [columns], [rowCount], [byteCount], [reason], [problems],
    [syncedVersion])
  SELECT ISNULL([keptId], @lastId + [controlId]), [planId], [sourceSchema], [sourceTable], [destinationTable], [company],
    [tableName], [appId], [copyMethod], [flow], [groupNumber], [columns], [rowCount], [byteCount], [reason], [problems],
    [syncedVersion]
  FROM [mig].[PlanPart] WHERE [planId] = @planId;
  -- Also what runs that ended early left there.
  DELETE FROM [mig].[PlanPart];
END;
COMMIT TRANSACTION;

SELECT @outcome AS [outcome];
