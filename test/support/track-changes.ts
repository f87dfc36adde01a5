/** What the first replication does with a source that is installed: it tracks the tables that are read by their changes. */
export const trackChanges = `
  DELETE FROM [mig].[Plan];
  INSERT INTO [mig].[Plan] ([controlId], [planId], [flow], [groupNumber], [table], [full], [changes], [replicationId])
  SELECT [object_id], NEWID(), N'Small', 1, N'[dbo].' + QUOTENAME([name]), N'', N'', 1 FROM sys.tables
  WHERE [schema_id] = SCHEMA_ID(N'dbo') AND [name] LIKE N'_%$_%'
    AND OBJECTPROPERTY([object_id], N'TableHasPrimaryKey') = 1;
  EXEC [mig].[EnableChangeTracking] @replicationId = 1`;
