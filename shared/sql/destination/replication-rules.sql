-- Which tables the environment's own apps let replicate. No row when the platform has not listed its tables yet.
SET NOCOUNT ON;

IF COL_LENGTH(N'[dbo].[Intelligent Cloud Status]', N'Replicate Data') IS NOT NULL
  EXEC sp_executesql
    N'SELECT [Table Name] AS [tableName],
        CAST(CASE WHEN [Replicate Data] = 0 THEN 0 ELSE 1 END AS bit) AS [replicateData],
        CAST(CASE WHEN [Preserve Cloud Data] = 0 THEN 0 ELSE 1 END AS bit) AS [preserveCloudData]
      FROM [dbo].[Intelligent Cloud Status]';
ELSE
  SELECT CAST(NULL AS nvarchar(250)) AS [tableName], CAST(NULL AS bit) AS [replicateData],
    CAST(NULL AS bit) AS [preserveCloudData] WHERE 1 = 0;
