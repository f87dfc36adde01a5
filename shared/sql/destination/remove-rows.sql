-- Deletes the rows that the service inserted into tables of the environment, and says what stays: one row each. Comes
-- before remove-objects.sql, which drops the notes; a claim that another setup, or a later attempt than @attempt of the
-- setup @setupKey, holds keeps everything. May run again.
SET NOCOUNT ON;
SET XACT_ABORT ON;

DECLARE @lock int, @isTaken bit = 0;
CREATE TABLE #left ([name] nvarchar(400) COLLATE DATABASE_DEFAULT NOT NULL);

BEGIN TRANSACTION;
EXEC @lock = sys.sp_getapplock @Resource = N'mig', @LockMode = N'Exclusive', @LockOwner = N'Transaction',
  @LockTimeout = 30000;
IF @lock < 0 THROW 50000, N'This database was locked by another installation for 30 seconds.', 1;

IF OBJECT_ID(N'[mig].[Claim]', N'U') IS NOT NULL
  IF EXISTS (SELECT 1 FROM [mig].[Claim] WHERE [setupKey] <> @setupKey OR [attempt] > @attempt) SET @isTaken = 1;

IF @isTaken = 0 AND OBJECT_ID(N'[mig].[PublishedCompany]', N'U') IS NOT NULL
BEGIN
  IF OBJECT_ID(N'[dbo].[Hybrid Company$58623bfa-0559-4bc2-ae1c-0979c29fd9e0]', N'U') IS NOT NULL
    EXEC sp_executesql
      N'DELETE h FROM [dbo].[Hybrid Company$58623bfa-0559-4bc2-ae1c-0979c29fd9e0] AS h
        JOIN [mig].[PublishedCompany] AS p ON p.[name] = h.[Name] AND p.[isInserted] = 1';
  DELETE FROM [mig].[PublishedCompany] WHERE [isInserted] = 1;
  INSERT INTO #left ([name])
  SELECT N'Display Name and Estimated Size of the company ' + [name] FROM [mig].[PublishedCompany];
END;

IF @isTaken = 0 AND OBJECT_ID(N'[mig].[ReplicationRun]', N'U') IS NOT NULL
  INSERT INTO #left ([name])
  SELECT N'replicated data of ' + t.[destinationTable] FROM [mig].[ReplicationTable] AS t
  WHERE EXISTS (SELECT 1 FROM [mig].[ReplicationRun] AS r
    WHERE r.[controlId] = t.[controlId] AND r.[status] = N'Succeeded');
COMMIT TRANSACTION;

SELECT [name] FROM #left ORDER BY [name];
DROP TABLE #left;
