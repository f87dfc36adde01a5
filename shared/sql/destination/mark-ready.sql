-- Marks the environment as ready for the attempt @attempt of the setup @setupKey, which must hold the claim, and
-- publishes the companies that were found. One row: the outcome, marked or superseded.
-- @companies: [{ "name", "displayName", "sqlName", "sizeGigabytes" }] as JSON.
-- A repetition changes nothing; what the client chose for a company (Replicate) stays in every case.
SET NOCOUNT ON;
SET XACT_ABORT ON;

DECLARE @lock int, @holdsClaim bit = 0, @isMarked bit = 0;

CREATE TABLE #company (
  [name] nvarchar(50) COLLATE DATABASE_DEFAULT NOT NULL,
  [displayName] nvarchar(250) COLLATE DATABASE_DEFAULT NOT NULL,
  [sizeGigabytes] decimal(38, 20) NOT NULL
);
INSERT INTO #company ([name], [displayName], [sizeGigabytes])
SELECT c.[sqlName], COALESCE(NULLIF(c.[displayName], N''), c.[name]), ISNULL(c.[sizeGigabytes], 0)
FROM OPENJSON(@companies) WITH (
  [name] nvarchar(50) '$.name',
  [displayName] nvarchar(250) '$.displayName',
  [sqlName] nvarchar(50) '$.sqlName',
  [sizeGigabytes] float '$.sizeGigabytes'
) AS c;

BEGIN TRANSACTION;
EXEC @lock = sys.sp_getapplock @Resource = N'mig', @LockMode = N'Exclusive', @LockOwner = N'Transaction',
  @LockTimeout = 30000;
IF @lock < 0 THROW 50000, N'This database was locked by another installation for 30 seconds.', 1;

IF OBJECT_ID(N'[mig].[Claim]', N'U') IS NOT NULL AND OBJECT_ID(N'[mig].[Environment]', N'U') IS NOT NULL
BEGIN
  IF EXISTS (SELECT 1 FROM [mig].[Claim] WHERE [setupKey] = @setupKey AND [attempt] = @attempt) SET @holdsClaim = 1;
  IF EXISTS (SELECT 1 FROM [mig].[Environment] WHERE [setupKey] = @setupKey AND [attempt] = @attempt) SET @isMarked = 1;
END;

IF @holdsClaim = 1 AND @isMarked = 0
BEGIN
  DELETE FROM [mig].[Environment];
  INSERT INTO [mig].[Environment] ([id], [setupKey], [attempt], [readyAt])
  VALUES (1, @setupKey, @attempt, SYSUTCDATETIME());

  IF COL_LENGTH(N'[dbo].[Hybrid Company$58623bfa-0559-4bc2-ae1c-0979c29fd9e0]', N'Estimated Size') IS NOT NULL
  BEGIN
    -- What was there before is not ours, also when an earlier attempt has published it already.
    EXEC sp_executesql
      N'INSERT INTO [mig].[PublishedCompany] ([name], [isInserted])
        SELECT c.[name], CASE WHEN h.[Name] IS NULL THEN 1 ELSE 0 END FROM #company AS c
        LEFT JOIN [dbo].[Hybrid Company$58623bfa-0559-4bc2-ae1c-0979c29fd9e0] AS h ON h.[Name] = c.[name]
        WHERE NOT EXISTS (SELECT 1 FROM [mig].[PublishedCompany] AS p WHERE p.[name] = c.[name])';
    EXEC sp_executesql
      N'UPDATE h SET h.[Display Name] = c.[displayName], h.[Estimated Size] = c.[sizeGigabytes]
        FROM [dbo].[Hybrid Company$58623bfa-0559-4bc2-ae1c-0979c29fd9e0] AS h
        JOIN #company AS c ON c.[name] = h.[Name]';
    EXEC sp_executesql
      N'INSERT INTO [dbo].[Hybrid Company$58623bfa-0559-4bc2-ae1c-0979c29fd9e0]
          ([Name], [Display Name], [Replicate], [Estimated Size])
        SELECT c.[name], c.[displayName], 0, c.[sizeGigabytes] FROM #company AS c
        WHERE NOT EXISTS (SELECT 1 FROM [dbo].[Hybrid Company$58623bfa-0559-4bc2-ae1c-0979c29fd9e0] AS h
          WHERE h.[Name] = c.[name])';
  END;
END;
COMMIT TRANSACTION;

SELECT CASE WHEN @holdsClaim = 1 THEN N'marked' ELSE N'superseded' END AS [outcome];
DROP TABLE #company;
