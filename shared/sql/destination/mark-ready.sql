-- Marks the environment as ready for the setup @setupKey and publishes the companies that were found.
-- @companies: [{ "name", "displayName", "sqlName", "sizeGigabytes" }] as JSON.
-- May run again: the mark moves to the newer attempt, and what the client chose for a company (Replicate) stays.
SET NOCOUNT ON;
SET XACT_ABORT ON;

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

UPDATE [mig].[Environment] SET [attempt] = @attempt, [readyAt] = SYSUTCDATETIME() WHERE [setupKey] = @setupKey;
IF @@ROWCOUNT = 0
  INSERT INTO [mig].[Environment] ([setupKey], [attempt], [readyAt]) VALUES (@setupKey, @attempt, SYSUTCDATETIME());

IF COL_LENGTH(N'[dbo].[Hybrid Company$58623bfa-0559-4bc2-ae1c-0979c29fd9e0]', N'Estimated Size') IS NOT NULL
BEGIN
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

COMMIT TRANSACTION;
DROP TABLE #company;
