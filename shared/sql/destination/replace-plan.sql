-- Puts the plan @planId, whose @tables rows wait in mig.PlanPart, in the place of the present one, under the condition
-- of plan-is-open.sql. One row: the outcome, replaced or superseded.
SET NOCOUNT ON;
SET XACT_ABORT ON;

DECLARE @lock int, @outcome nvarchar(20) = N'superseded';

BEGIN TRANSACTION;
EXEC @lock = sys.sp_getapplock @Resource = N'mig', @LockMode = N'Exclusive', @LockOwner = N'Transaction',
  @LockTimeout = 30000;
IF @lock < 0 THROW 50000, N'This database was locked by another installation for 30 seconds.', 1;

IF OBJECT_ID(N'[mig].[Claim]', N'U') IS NOT NULL AND OBJECT_ID(N'[mig].[Environment]', N'U') IS NOT NULL
  IF EXISTS (SELECT 1 FROM [mig].[Claim] WHERE [setupKey] = @setupKey AND [attempt] = @attempt)
    AND NOT EXISTS (SELECT 1 FROM [mig].[Environment] WHERE [setupKey] = @setupKey AND [attempt] = @attempt)
    SET @outcome = N'replaced';

IF @outcome = N'replaced'
BEGIN
  -- Another run of the same step empties the parts when it is done first.
  IF (SELECT COUNT(*) FROM [mig].[PlanPart] WHERE [planId] = @planId) <> @tables
    THROW 50000, N'Another run of the same step replaced the plan meanwhile.', 1;
  DELETE FROM [mig].[ReplicationTable];
  INSERT INTO [mig].[ReplicationTable] ([controlId], [planId], [sourceSchema], [sourceTable], [destinationTable], [company],
    [tableName], [appId], [copyMethod], [flow], [groupNumber], [columns], [rowCount], [byteCount], [reason], [problems])
  SELECT [controlId], [planId], [sourceSchema], [sourceTable], [destinationTable], [company],
    [tableName], [appId], [copyMethod], [flow], [groupNumber], [columns], [rowCount], [byteCount], [reason], [problems]
  FROM [mig].[PlanPart] WHERE [planId] = @planId;
  -- Also what runs that ended early left there.
  DELETE FROM [mig].[PlanPart];
END;
COMMIT TRANSACTION;

SELECT @outcome AS [outcome];
