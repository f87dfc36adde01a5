-- What became of the tables of the replication @replicationId, in the order of controlId: the first @size after the table
-- @after, with @status only those.
SELECT TOP (@size) r.[controlId], t.[company], t.[tableName], t.[appId], t.[sourceTable], t.[destinationTable],
  t.[copyMethod], t.[rowCount] AS [plannedRows], t.[byteCount] AS [plannedBytes], r.[status], r.[rowsCopied],
  r.[fullReason], r.[startedAt], r.[endedAt], r.[error]
FROM [mig].[ReplicationRun] AS r
JOIN [mig].[ReplicationTable] AS t ON t.[controlId] = r.[controlId]
WHERE r.[replicationId] = @replicationId AND r.[controlId] > @after AND (@status = N'' OR r.[status] = @status)
ORDER BY r.[controlId];
