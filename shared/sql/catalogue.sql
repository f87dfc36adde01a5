-- One row a column of each table, the columns of a table together. Runs on both databases and changes nothing; without
-- the right to see sizes, tables count as empty.
-- maxLength counts bytes, -1 is (max); keyOrdinal is the place in the primary key; the system type 189 is timestamp.
SET NOCOUNT ON;

CREATE TABLE #table (
  [tableId] int NOT NULL PRIMARY KEY,
  [schemaName] nvarchar(128) COLLATE DATABASE_DEFAULT NOT NULL,
  [tableName] nvarchar(128) COLLATE DATABASE_DEFAULT NOT NULL,
  [rowCount] bigint NOT NULL,
  [byteCount] bigint NOT NULL
);
INSERT INTO #table ([tableId], [schemaName], [tableName], [rowCount], [byteCount])
SELECT t.[object_id], s.[name], t.[name], 0, 0
FROM sys.tables AS t JOIN sys.schemas AS s ON s.[schema_id] = t.[schema_id]
WHERE s.[name] <> N'mig';

IF HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'VIEW DATABASE STATE') = 1
  UPDATE #table SET [rowCount] = z.[rowCount], [byteCount] = z.[byteCount]
  FROM #table
  JOIN (
    SELECT p.[object_id], SUM(CASE WHEN p.[index_id] IN (0, 1) THEN p.[row_count] ELSE 0 END) AS [rowCount],
      SUM(p.[used_page_count]) * 8192 AS [byteCount]
    FROM sys.dm_db_partition_stats AS p
    GROUP BY p.[object_id]
  ) AS z ON z.[object_id] = #table.[tableId];

SELECT t.[tableId], t.[schemaName], t.[tableName], t.[rowCount], t.[byteCount],
  c.[column_id] AS [ordinal], c.[name] AS [columnName], y.[name] AS [typeName],
  CAST(c.[max_length] AS int) AS [maxLength], CAST(c.[precision] AS int) AS [precision],
  CAST(c.[scale] AS int) AS [scale], c.[is_nullable] AS [isNullable], c.[is_identity] AS [isIdentity],
  c.[is_computed] AS [isComputed], CAST(CASE WHEN c.[system_type_id] = 189 THEN 1 ELSE 0 END AS bit) AS [isRowVersion],
  CAST(k.[key_ordinal] AS int) AS [keyOrdinal], c.[collation_name] AS [collation]
FROM #table AS t
JOIN sys.columns AS c ON c.[object_id] = t.[tableId]
JOIN sys.types AS y ON y.[user_type_id] = c.[user_type_id]
LEFT JOIN sys.indexes AS i ON i.[object_id] = t.[tableId] AND i.[is_primary_key] = 1
LEFT JOIN sys.index_columns AS k
  ON k.[object_id] = i.[object_id] AND k.[index_id] = i.[index_id] AND k.[column_id] = c.[column_id]
ORDER BY t.[tableId], c.[column_id];

DROP TABLE #table;
