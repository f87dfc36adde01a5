-- A row a company and copy method, what a replication run would copy of it; company '' is the data of the whole database.
-- With @retryOf > 0, only tables that the run @retryOf did not copy.
SELECT t.[company], t.[copyMethod], COUNT(*) AS [tables], SUM(t.[rowCount]) AS [rows], SUM(t.[byteCount]) AS [bytes]
FROM [mig].[ReplicationTable] AS t
WHERE t.[copyMethod] <> N'None'
  AND (@retryOf = 0 OR EXISTS (SELECT 1 FROM [mig].[ReplicationRun] AS r
    WHERE r.[replicationId] = @retryOf AND r.[controlId] = t.[controlId] AND r.[status] <> N'Succeeded'))
GROUP BY t.[company], t.[copyMethod]
ORDER BY t.[company], t.[copyMethod];
