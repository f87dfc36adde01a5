-- One row a company, each with how many there are, as a Lookup ends at 5,000 rows. Old versions of the Company table lack the columns beside the name; without the right to see sizes,
-- or without the table, the answer is emptier but not an error.
-- Sizes leave out per-database tables, as the client expects of the estimate.
SET NOCOUNT ON;

DECLARE @invalidCharacters nvarchar(100) = N'."\/''%][';
DECLARE @position int = 1, @columns nvarchar(400) = N'[Name]', @maySeeSizes int;

-- Temporary tables have the server's collation unless told otherwise, and the database may have another.
CREATE TABLE #company (
  [name] nvarchar(128) COLLATE DATABASE_DEFAULT NOT NULL,
  [displayName] nvarchar(250) COLLATE DATABASE_DEFAULT NULL,
  [isEvaluation] bit NULL,
  [sqlName] nvarchar(128) COLLATE DATABASE_DEFAULT NULL
);
CREATE TABLE #table (
  [name] nvarchar(128) COLLATE DATABASE_DEFAULT NOT NULL,
  [head] nvarchar(128) COLLATE DATABASE_DEFAULT NULL,
  [byteCount] bigint NOT NULL
);
CREATE TABLE #size ([sqlName] nvarchar(128) COLLATE DATABASE_DEFAULT NOT NULL, [byteCount] bigint NOT NULL);

IF COL_LENGTH(N'[dbo].[$ndo$dbproperty]', N'invalididentifierchars') IS NOT NULL
  AND HAS_PERMS_BY_NAME(N'[dbo].[$ndo$dbproperty]', N'OBJECT', N'SELECT') = 1
  EXEC sp_executesql
    N'SELECT TOP (1) @value = CAST([invalididentifierchars] AS nvarchar(100)) FROM [dbo].[$ndo$dbproperty]
      WHERE [invalididentifierchars] IS NOT NULL',
    N'@value nvarchar(100) OUTPUT', @value = @invalidCharacters OUTPUT;

IF COL_LENGTH(N'[dbo].[Company]', N'Name') IS NOT NULL
  AND HAS_PERMS_BY_NAME(N'[dbo].[Company]', N'OBJECT', N'SELECT') = 1
BEGIN
  SET @columns = @columns
    + CASE WHEN COL_LENGTH(N'[dbo].[Company]', N'Display Name') IS NULL THEN N', NULL' ELSE N', [Display Name]' END
    + CASE WHEN COL_LENGTH(N'[dbo].[Company]', N'Evaluation Company') IS NULL THEN N', NULL'
      ELSE N', CASE WHEN [Evaluation Company] = 0 THEN 0 ELSE 1 END' END;
  SET @columns = N'INSERT INTO #company ([name], [displayName], [isEvaluation]) SELECT ' + @columns
    + N' FROM [dbo].[Company]';
  EXEC sp_executesql @columns;
END;

UPDATE #company SET [sqlName] = [name];
WHILE @position <= LEN(@invalidCharacters)
BEGIN
  UPDATE #company SET [sqlName] = REPLACE([sqlName], SUBSTRING(@invalidCharacters, @position, 1), N'_');
  SET @position = @position + 1;
END;

SET @maySeeSizes = HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'VIEW DATABASE STATE');
IF @maySeeSizes = 1
BEGIN
  INSERT INTO #table ([name], [byteCount])
  SELECT o.[name], z.[pageCount] * 8192
  FROM sys.tables AS o
  JOIN (
    SELECT p.[object_id], SUM(p.[used_page_count]) AS [pageCount] FROM sys.dm_db_partition_stats AS p GROUP BY p.[object_id]
  ) AS z ON z.[object_id] = o.[object_id];
  -- What stands before the first $ is equal in any case, and lets the server look companies up instead of comparing all.
  UPDATE #table SET [head] = LEFT([name], CHARINDEX(N'$', [name] + N'$') - 1);
  INSERT INTO #size ([sqlName], [byteCount])
  SELECT c.[sqlName], SUM(t.[byteCount])
  FROM (SELECT [sqlName], LEFT([sqlName], CHARINDEX(N'$', [sqlName] + N'$') - 1) AS [head] FROM #company) AS c
  JOIN #table AS t ON t.[head] = c.[head] AND LEFT(t.[name], LEN(c.[sqlName]) + 1) = c.[sqlName] + N'$'
  GROUP BY c.[sqlName];
END;

SELECT c.[name], c.[displayName], ISNULL(c.[isEvaluation], 0) AS [isEvaluation], c.[sqlName],
  CASE WHEN @maySeeSizes = 1 THEN CAST(ISNULL(s.[byteCount], 0) / 1073741824.0 AS float) END AS [sizeGigabytes],
  COUNT(*) OVER () AS [total]
FROM #company AS c
LEFT JOIN #size AS s ON s.[sqlName] = c.[sqlName]
ORDER BY c.[name];

DROP TABLE #company;
DROP TABLE #table;
DROP TABLE #size;
