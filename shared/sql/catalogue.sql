-- One row a column of each table, the columns of a table together. Runs on both databases and changes nothing; without
-- the right to see sizes, tables count as empty.
-- maxLength counts bytes, -1 is (max); keyOrdinal is the place in the primary key.
SET NOCOUNT ON;

CREATE TABLE #size ([tableId] int NOT NULL PRIMARY KEY, [rowCount] bigint NOT NULL, [byteCount] bigint NOT NULL);
IF HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'VIEW DATABASE STATE') = 1
  INSERT INTO #size ([tableId], [rowCount], [byteCount])
  SELECT p.[object_id], SUM(CASE WHEN p.[index_id] IN (0, 1) THEN p.[row_count] ELSE 0 END), SUM(p.[used_page_count]) * 8192
  FROM sys.dm_db_partition_stats AS p
  GROUP BY p.[object_id];

SELECT t.[object_id] AS [tableId], s.[name] AS [schemaName], t.[name] AS [tableName],
  ISNULL(z.[rowCount], 0) AS [rowCount], ISNULL(z.[byteCount], 0) AS [byteCount],
  c.[column_id] AS [ordinal], c.[name] AS [columnName], y.[name] AS [typeName],
  CAST(c.[max_length] AS int) AS [maxLength], CAST(c.[precision] AS int) AS [precision],
  CAST(c.[scale] AS int) AS [scale], c.[is_nullable] AS [isNullable], c.[is_identity] AS [isIdentity],
  c.[is_computed] AS [isComputed], CAST(CASE WHEN y.[name] = N'timestamp' THEN 1 ELSE 0 END AS bit) AS [isRowVersion],
  CAST(k.[key_ordinal] AS int) AS [keyOrdinal], c.[collation_name] AS [collation]
FROM sys.tables AS t
JOIN sys.schemas AS s ON s.[schema_id] = t.[schema_id]
JOIN sys.columns AS c ON c.[object_id] = t.[object_id]
JOIN sys.types AS y ON y.[user_type_id] = c.[user_type_id]
LEFT JOIN sys.indexes AS i ON i.[object_id] = t.[object_id] AND i.[is_primary_key] = 1
LEFT JOIN sys.index_columns AS k
  ON k.[object_id] = i.[object_id] AND k.[index_id] = i.[index_id] AND k.[column_id] = c.[column_id]
LEFT JOIN #size AS z ON z.[tableId] = t.[object_id]
WHERE s.[name] <> N'mig'
ORDER BY t.[object_id], c.[column_id];

DROP TABLE #size;
