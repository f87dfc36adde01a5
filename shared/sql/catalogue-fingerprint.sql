-- One row: what stays equal as long as catalogue.sql lists the same, and the same tables have rows. How many rows and bytes
-- a table has is not part of it. Runs on both databases and changes nothing.
-- Rows are hashed one by one and the hashes added up, so that nothing has to be put in order or held.
SET NOCOUNT ON;

CREATE TABLE #filled ([tableId] int NOT NULL PRIMARY KEY);

IF HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'VIEW DATABASE STATE') = 1
  INSERT INTO #filled ([tableId])
  SELECT p.[object_id]
  FROM sys.dm_db_partition_stats AS p
  WHERE p.[index_id] IN (0, 1)
  GROUP BY p.[object_id]
  HAVING SUM(p.[row_count]) > 0;

-- Seven bytes are a positive bigint. QUOTENAME keeps names apart that stand side by side. Names have the collation of the catalogue,
-- which in Azure SQL need not be that of the database, which the names of collations have: one that is given settles it.
SELECT CONCAT(COUNT_BIG(*), N'-', SUM(CAST(CAST(SUBSTRING(h.[hash], 1, 7) AS bigint) AS decimal(38, 0)))) AS [fingerprint]
FROM (
  SELECT HASHBYTES('SHA2_256', CONCAT(
    QUOTENAME(s.[name]) COLLATE Latin1_General_100_BIN2, QUOTENAME(t.[name]), CASE WHEN f.[tableId] IS NULL THEN 0 ELSE 1 END, N',', c.[column_id],
    QUOTENAME(c.[name]), QUOTENAME(y.[name]), c.[max_length], N',', c.[precision], N',', c.[scale], N',',
    c.[is_nullable], c.[is_identity], c.[is_computed], CASE WHEN c.[system_type_id] = 189 THEN 1 ELSE 0 END,
    k.[key_ordinal], QUOTENAME(c.[collation_name]))) AS [hash]
  FROM sys.tables AS t
  JOIN sys.schemas AS s ON s.[schema_id] = t.[schema_id]
  JOIN sys.columns AS c ON c.[object_id] = t.[object_id]
  JOIN sys.types AS y ON y.[user_type_id] = c.[user_type_id]
  LEFT JOIN #filled AS f ON f.[tableId] = t.[object_id]
  LEFT JOIN sys.indexes AS i ON i.[object_id] = t.[object_id] AND i.[is_primary_key] = 1
  LEFT JOIN sys.index_columns AS k
    ON k.[object_id] = i.[object_id] AND k.[index_id] = i.[index_id] AND k.[column_id] = c.[column_id]
  WHERE s.[name] <> N'mig'
) AS h;

DROP TABLE #filled;
