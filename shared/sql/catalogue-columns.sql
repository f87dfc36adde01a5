-- One row a column of the tables of catalogue-tables.sql, in their order. Runs on both databases.
-- maxLength counts bytes, -1 is (max); keyOrdinal is the place in the primary key.
SELECT c.[object_id] AS [tableId], c.[column_id] AS [ordinal], c.[name] AS [columnName], y.[name] AS [typeName],
  CAST(c.[max_length] AS int) AS [maxLength], CAST(c.[precision] AS int) AS [precision],
  CAST(c.[scale] AS int) AS [scale], c.[is_nullable] AS [isNullable], c.[is_identity] AS [isIdentity],
  c.[is_computed] AS [isComputed], CAST(CASE WHEN y.[name] = N'timestamp' THEN 1 ELSE 0 END AS bit) AS [isRowVersion],
  CAST(k.[key_ordinal] AS int) AS [keyOrdinal], c.[collation_name] AS [collation]
FROM sys.objects AS t
JOIN sys.schemas AS s ON s.[schema_id] = t.[schema_id]
JOIN sys.columns AS c ON c.[object_id] = t.[object_id]
JOIN sys.types AS y ON y.[user_type_id] = c.[user_type_id]
LEFT JOIN sys.indexes AS i ON i.[object_id] = t.[object_id] AND i.[is_primary_key] = 1
LEFT JOIN sys.index_columns AS k
  ON k.[object_id] = i.[object_id] AND k.[index_id] = i.[index_id] AND k.[column_id] = c.[column_id]
WHERE (RTRIM(t.[type]) = N'U' AND s.[name] <> N'mig')
  OR (RTRIM(t.[type]) = N'V' AND s.[name] = N'mig' AND t.[name] = N'User Mapping Source')
ORDER BY c.[object_id], c.[column_id];
