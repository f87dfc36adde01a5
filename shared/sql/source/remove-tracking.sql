-- Turns off the change tracking that the service turned on, if @removeSource is 1, and says what of it stays: one row
-- each. Tracking that was on before is never touched. Comes before remove-objects.sql, which drops the notes; a claim
-- that another setup, or a later attempt than @attempt of the setup @setupKey, holds keeps everything. May run again.
-- The lock belongs to the session: ALTER DATABASE is refused inside a transaction.
SET NOCOUNT ON;

DECLARE @lock int, @isTaken bit = 0, @table nvarchar(300), @statement nvarchar(max);

EXEC @lock = sys.sp_getapplock @Resource = N'mig', @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 30000;
IF @lock < 0 THROW 50000, N'This database was locked by another installation for 30 seconds.', 1;

BEGIN TRY
  IF OBJECT_ID(N'[mig].[Claim]', N'U') IS NOT NULL
    IF EXISTS (SELECT 1 FROM [mig].[Claim] WHERE [setupKey] <> @setupKey OR [attempt] > @attempt) SET @isTaken = 1;

  IF @isTaken = 1 OR OBJECT_ID(N'[mig].[ChangeTracking]', N'U') IS NULL
    SELECT CAST(NULL AS nvarchar(400)) AS [name] WHERE 1 = 0;
  ELSE
  BEGIN
    IF @removeSource = 1
    BEGIN
      IF EXISTS (SELECT 1 FROM sys.change_tracking_tables WHERE [object_id] = OBJECT_ID(N'[mig].[Version]'))
        ALTER TABLE [mig].[Version] DISABLE CHANGE_TRACKING;
      DECLARE [noted] CURSOR LOCAL FORWARD_ONLY STATIC READ_ONLY FOR
        SELECT n.[name] FROM [mig].[ChangeTracking] AS n
        JOIN sys.change_tracking_tables AS c ON c.[object_id] = OBJECT_ID(n.[name]);
      OPEN [noted];
      FETCH NEXT FROM [noted] INTO @table;
      WHILE @@FETCH_STATUS = 0
      BEGIN
        SET @statement = N'ALTER TABLE ' + @table + N' DISABLE CHANGE_TRACKING';
        EXEC sp_executesql @statement;
        FETCH NEXT FROM [noted] INTO @table;
      END;
      CLOSE [noted];
      DEALLOCATE [noted];

      -- The database's stays on as long as somebody else's table needs it.
      IF EXISTS (SELECT 1 FROM [mig].[ChangeTracking] WHERE [name] = N'DATABASE')
        AND EXISTS (SELECT 1 FROM sys.change_tracking_databases WHERE [database_id] = DB_ID())
        AND NOT EXISTS (SELECT 1 FROM sys.change_tracking_tables)
        ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF;
    END;

    SELECT N'change tracking of ' + n.[name] AS [name] FROM [mig].[ChangeTracking] AS n
    JOIN sys.change_tracking_tables AS c ON c.[object_id] = OBJECT_ID(n.[name])
    UNION ALL
    SELECT N'change tracking of the database' FROM [mig].[ChangeTracking]
    WHERE [name] = N'DATABASE' AND EXISTS (SELECT 1 FROM sys.change_tracking_databases WHERE [database_id] = DB_ID());
  END;
  EXEC sys.sp_releaseapplock @Resource = N'mig', @LockOwner = N'Session';
END TRY
BEGIN CATCH
  EXEC sys.sp_releaseapplock @Resource = N'mig', @LockOwner = N'Session';
  THROW;
END CATCH;
