-- The source's tables as the preparation copied them, in the order of source-columns.sql.
SELECT [tableId], [schemaName], [tableName], [rowCount], [byteCount] FROM [mig].[SourceTable] ORDER BY [tableId];
