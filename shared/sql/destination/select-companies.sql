-- Says which companies the replication @replicationId is limited to, before it begins. @companies: names as JSON; [] = all.
SET NOCOUNT ON;
SET XACT_ABORT ON;

BEGIN TRANSACTION;
DELETE FROM [mig].[ReplicationCompany] WHERE [replicationId] = @replicationId;
INSERT INTO [mig].[ReplicationCompany] ([replicationId], [company])
SELECT @replicationId, c.[value] FROM OPENJSON(@companies) AS c;
COMMIT TRANSACTION;
