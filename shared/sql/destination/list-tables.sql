-- The table plan in the order of controlId: the first @size after the table @after, with @copyMethod only those, with @withRows
-- only tables that have rows.
SELECT TOP (@size) t.[controlId], t.[company], t.[tableName], t.[appId], t.[sourceTable], t.[destinationTable],
  t.[copyMethod], t.[rowCount] AS [rows], t.[byteCount] AS [bytes], t.[reason], t.[problems]
FROM [mig].[ReplicationTable] AS t
WHERE t.[controlId] > @after AND (@copyMethod = N'' OR t.[copyMethod] = @copyMethod)
  AND (@withRows = 0 OR t.[rowCount] > 0)
ORDER BY t.[controlId];
