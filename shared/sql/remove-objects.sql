-- Drops the schema mig with all that the service made in it. The claim goes with it; one that another setup, or a later
-- attempt than @attempt of the setup @setupKey, holds keeps everything where it is. May run again.
SET NOCOUNT ON;
SET XACT_ABORT ON;

DECLARE @lock int, @isTaken bit = 0, @statement nvarchar(max);

BEGIN TRANSACTION;
EXEC @lock = sys.sp_getapplock @Resource = N'mig', @LockMode = N'Exclusive', @LockOwner = N'Transaction',
  @LockTimeout = 30000;
IF @lock < 0 THROW 50000, N'This database was locked by another installation for 30 seconds.', 1;

IF OBJECT_ID(N'[mig].[Claim]', N'U') IS NOT NULL
  IF EXISTS (SELECT 1 FROM [mig].[Claim] WHERE [setupKey] <> @setupKey OR [attempt] > @attempt) SET @isTaken = 1;

IF @isTaken = 0 AND SCHEMA_ID(N'mig') IS NOT NULL
BEGIN
  DECLARE [owned] CURSOR LOCAL FORWARD_ONLY STATIC READ_ONLY FOR
    SELECT N'DROP ' + CASE RTRIM([type]) WHEN N'P' THEN N'PROCEDURE' WHEN N'V' THEN N'VIEW' ELSE N'TABLE' END
      + N' [mig].' + QUOTENAME([name])
    FROM sys.objects
    WHERE [schema_id] = SCHEMA_ID(N'mig') AND RTRIM([type]) IN (N'P', N'V', N'U')
    ORDER BY CASE RTRIM([type]) WHEN N'P' THEN 1 WHEN N'V' THEN 2 ELSE 3 END;
  OPEN [owned];
  FETCH NEXT FROM [owned] INTO @statement;
  WHILE @@FETCH_STATUS = 0
  BEGIN
    EXEC sp_executesql @statement;
    FETCH NEXT FROM [owned] INTO @statement;
  END;
  CLOSE [owned];
  DEALLOCATE [owned];
  EXEC (N'DROP SCHEMA [mig]');
END;
COMMIT TRANSACTION;
