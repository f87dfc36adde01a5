-- Claims this database for the attempt @attempt of the setup @setupKey: the first thing of an installation, on either
-- side. A free claim is taken, and one that the same setup holds with this or an earlier attempt; else error 50010.
SET NOCOUNT ON;
SET XACT_ABORT ON;

DECLARE @lock int;

BEGIN TRANSACTION;
EXEC @lock = sys.sp_getapplock @Resource = N'mig', @LockMode = N'Exclusive', @LockOwner = N'Transaction',
  @LockTimeout = 30000;
IF @lock < 0 THROW 50000, N'This database was locked by another installation for 30 seconds.', 1;

IF SCHEMA_ID(N'mig') IS NULL EXEC (N'CREATE SCHEMA [mig]');
-- The key is fixed, so that there is one claim whoever writes it.
IF OBJECT_ID(N'[mig].[Claim]', N'U') IS NULL
  CREATE TABLE [mig].[Claim] (
    [id] int NOT NULL CONSTRAINT [PK_Claim] PRIMARY KEY CONSTRAINT [CK_Claim] CHECK ([id] = 1),
    [setupKey] nvarchar(64) NOT NULL,
    [attempt] int NOT NULL,
    [claimedAt] datetime2(3) NOT NULL
  );

IF EXISTS (SELECT 1 FROM [mig].[Claim] WHERE [setupKey] <> @setupKey OR [attempt] > @attempt)
  THROW 50010, N'This database is in use by another migration setup, or by a later attempt of this one.', 1;

UPDATE [mig].[Claim] SET [attempt] = @attempt, [claimedAt] = SYSUTCDATETIME() WHERE [id] = 1;
IF @@ROWCOUNT = 0
  INSERT INTO [mig].[Claim] ([id], [setupKey], [attempt], [claimedAt])
  VALUES (1, @setupKey, @attempt, SYSUTCDATETIME());
COMMIT TRANSACTION;
