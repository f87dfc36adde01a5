-- One row a user table, or the view in which source/objects.sql puts users together, in the order of catalogue-columns.sql. Runs on both databases.
SELECT t.[object_id] AS [tableId], s.[name] AS [schemaName], t.[name] AS [tableName],
  SUM(CASE WHEN p.[index_id] IN (0, 1) THEN p.[row_count] ELSE 0 END) AS [rowCount],
  ISNULL(SUM(p.[used_page_count]), 0) * 8192 AS [byteCount]
FROM sys.objects AS t
JOIN sys.schemas AS s ON s.[schema_id] = t.[schema_id]
LEFT JOIN sys.dm_db_partition_stats AS p ON p.[object_id] = t.[object_id]
WHERE (RTRIM(t.[type]) = N'U' AND s.[name] <> N'mig')
  OR (RTRIM(t.[type]) = N'V' AND s.[name] = N'mig' AND t.[name] = N'User Mapping Source')
GROUP BY t.[object_id], s.[name], t.[name]
ORDER BY t.[object_id];
