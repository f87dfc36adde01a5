-- One row of measured values of the on-premises database; succeeds for a login with few rights and on old servers. Data
-- Factory takes 8,192 characters. [unmeasured] says why something is not read: absent, denied (also hidden) or old.
SET NOCOUNT ON;

DECLARE @productVersion nvarchar(50) = CAST(SERVERPROPERTY(N'ProductVersion') AS nvarchar(50));
DECLARE @engineEdition int = CAST(SERVERPROPERTY(N'EngineEdition') AS int), @database nvarchar(258) = QUOTENAME(DB_NAME());
DECLARE @unmeasured nvarchar(1000) = N'', @unseen nvarchar(10) = N'denied;';
DECLARE @applicationVersion nvarchar(100), @preparedFor nvarchar(64), @extensions nvarchar(max), @prefixes nvarchar(max);
DECLARE @keyless nvarchar(max), @rights nvarchar(max), @largest float, @media float, @backup int, @statistics int;

-- Who may see all definitions knows that what is not seen is not there.
IF HAS_PERMS_BY_NAME(@database, N'DATABASE', N'VIEW DEFINITION') = 1 SET @unseen = N'absent;';

IF COL_LENGTH(N'[dbo].[$ndo$tenantdatabaseproperty]', N'applicationversion') IS NULL
  SET @unmeasured = @unmeasured + N'applicationVersion=' + @unseen;
ELSE IF HAS_PERMS_BY_NAME(N'[dbo].[$ndo$tenantdatabaseproperty]', N'OBJECT', N'SELECT') = 0
  SET @unmeasured = @unmeasured + N'applicationVersion=denied;';
ELSE
  EXEC sp_executesql
    N'SELECT TOP (1) @value = CAST([applicationversion] AS nvarchar(100)) FROM [dbo].[$ndo$tenantdatabaseproperty]',
    N'@value nvarchar(100) OUTPUT', @value = @applicationVersion OUTPUT;

IF COL_LENGTH(N'[mig].[Setup]', N'setupKey') IS NULL
  SET @unmeasured = @unmeasured + N'preparedFor=' + @unseen;
ELSE IF HAS_PERMS_BY_NAME(N'[mig].[Setup]', N'OBJECT', N'SELECT') = 0
  SET @unmeasured = @unmeasured + N'preparedFor=denied;';
ELSE
  EXEC sp_executesql N'SELECT TOP (1) @value = [setupKey] FROM [mig].[Setup]',
    N'@value nvarchar(64) OUTPUT', @value = @preparedFor OUTPUT;

IF COL_LENGTH(N'[dbo].[Company]', N'Name') IS NULL
  SET @unmeasured = @unmeasured + N'companies=' + @unseen;
ELSE IF HAS_PERMS_BY_NAME(N'[dbo].[Company]', N'OBJECT', N'SELECT') = 0
  SET @unmeasured = @unmeasured + N'companies=denied;';

IF COL_LENGTH(N'[dbo].[Tenant Media]', N'Content') IS NULL
  SET @unmeasured = @unmeasured + N'media=' + @unseen;
ELSE IF HAS_PERMS_BY_NAME(N'[dbo].[Tenant Media]', N'OBJECT', N'SELECT') = 0
  SET @unmeasured = @unmeasured + N'media=denied;';
ELSE
  EXEC sp_executesql
    N'SELECT @largest = MAX([size]) / 1048576.0, @media = SUM([size]) / 1048576.0 FROM
    (SELECT TOP (9999) CAST(DATALENGTH([Content]) AS bigint) AS [size] FROM [dbo].[Tenant Media] WITH (NOLOCK)) AS m',
    N'@largest float OUTPUT, @media float OUTPUT', @largest = @largest OUTPUT, @media = @media OUTPUT;

IF @engineEdition NOT IN (5, 8) AND CAST(PARSENAME(@productVersion, 4) AS int) < 13
  SET @unmeasured = @unmeasured + N'extensions=old;tables=old;rights=old;';
ELSE
BEGIN
  IF COL_LENGTH(N'[dbo].[NAV App Installed App]', N'App ID') IS NULL
    SET @unmeasured = @unmeasured + N'extensions=' + @unseen;
  ELSE IF HAS_PERMS_BY_NAME(N'[dbo].[NAV App Installed App]', N'OBJECT', N'SELECT') = 0
    SET @unmeasured = @unmeasured + N'extensions=denied;';
  ELSE
    EXEC sp_executesql
      N'SET @value = (
        SELECT LOWER(CAST([App ID] AS nvarchar(36))) AS [appId], [Name] AS [name], [Publisher] AS [publisher],
          CONCAT([Version Major], N''.'', [Version Minor], N''.'', [Version Build], N''.'', [Version Revision]) AS [version]
        FROM [dbo].[NAV App Installed App] ORDER BY [Name] FOR JSON PATH)',
      N'@value nvarchar(max) OUTPUT', @value = @extensions OUTPUT;
  -- Without $ext and the id of the app, a table of a company still has a $; one of the whole database has none.
  EXEC sp_executesql
    N'SET @prefixes = (
        SELECT p.[prefix], COUNT(*) AS [tables]
        FROM sys.tables AS t
        CROSS APPLY (SELECT CASE WHEN RIGHT(t.[name], 4) = N''$ext'' THEN LEFT(t.[name], LEN(t.[name]) - 4)
          ELSE t.[name] END AS [name]) AS b
        CROSS APPLY (SELECT CASE WHEN b.[name] LIKE N''%$________-____-____-____-____________''
          THEN LEFT(b.[name], LEN(b.[name]) - 37) ELSE b.[name] END AS [name]) AS n
        CROSS APPLY (SELECT LEFT(n.[name], LEN(n.[name]) - CHARINDEX(N''$'', REVERSE(n.[name]))) AS [prefix]) AS p
        WHERE SCHEMA_NAME(t.[schema_id]) = N''dbo'' AND n.[name] LIKE N''_%$%'' AND n.[name] NOT LIKE N''$%''
        GROUP BY p.[prefix] ORDER BY p.[prefix] FOR JSON PATH);
      SET @keyless = (
        SELECT TOP (20) t.[name], COUNT(*) OVER () AS [total] FROM sys.tables AS t
        WHERE SCHEMA_NAME(t.[schema_id]) = N''dbo'' AND t.[name] LIKE N''_%$%'' AND t.[name] NOT LIKE N''$%'' AND NOT EXISTS (
          SELECT 1 FROM sys.indexes AS i WHERE i.[object_id] = t.[object_id] AND i.[is_primary_key] = 1)
        ORDER BY t.[name] FOR JSON PATH);
      SET @rights = (
        SELECT r.[name] FROM (VALUES (N''SELECT''), (N''ALTER''), (N''EXECUTE''), (N''CREATE SCHEMA''), (N''CREATE TABLE''),
          (N''CREATE PROCEDURE'')) AS r ([name])
        WHERE HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N''DATABASE'', r.[name]) = 0 FOR JSON PATH)',
    N'@prefixes nvarchar(max) OUTPUT, @keyless nvarchar(max) OUTPUT, @rights nvarchar(max) OUTPUT',
    @prefixes = @prefixes OUTPUT, @keyless = @keyless OUTPUT, @rights = @rights OUTPUT;
END;

-- Azure SQL has no history of backups: it makes them by itself.
IF HAS_PERMS_BY_NAME(N'[msdb].[dbo].[backupset]', N'OBJECT', N'SELECT') = 1
  EXEC sp_executesql
    N'SELECT @value = DATEDIFF(hour, MAX([backup_finish_date]), GETDATE()) FROM [msdb].[dbo].[backupset]
      WHERE [database_name] = DB_NAME() AND [type] = ''D''',
    N'@value int OUTPUT', @value = @backup OUTPUT;
ELSE
  SET @unmeasured = @unmeasured + N'backup=denied;';

-- The newest: a table that nobody changes has old ones for good reason.
IF @unseen = N'denied;'
  SET @unmeasured = @unmeasured + N'statistics=denied;';
ELSE
  SELECT @statistics = MIN(DATEDIFF(day, STATS_DATE(s.[object_id], s.[stats_id]), GETDATE()))
  FROM sys.stats AS s JOIN sys.tables AS t ON t.[object_id] = s.[object_id];

SELECT d.[name] AS [database], @productVersion AS [productVersion], @engineEdition AS [engineEdition],
  CAST(SERVERPROPERTY(N'Edition') AS nvarchar(100)) AS [edition],
  CAST(d.[compatibility_level] AS int) AS [compatibilityLevel],
  d.[collation_name] AS [collation],
  d.[state_desc] AS [state],
  CAST(CASE WHEN DATABASEPROPERTYEX(DB_NAME(), N'Updateability') = N'READ_WRITE' THEN 0 ELSE 1 END AS bit) AS [isReadOnly],
  d.[user_access_desc] AS [userAccess],
  d.[recovery_model_desc] AS [recoveryModel],
  d.[is_auto_update_stats_on] AS [updatesStatistics],
  CAST(CASE WHEN c.[database_id] IS NULL THEN 0 ELSE 1 END AS bit) AS [changeTrackingOn],
  CAST(CASE c.[retention_period_units] WHEN 1 THEN c.[retention_period] / 1440.0 WHEN 2 THEN c.[retention_period] / 24.0
    WHEN 3 THEN c.[retention_period] END AS float) AS [changeTrackingRetentionDays],
  CAST(c.[is_auto_cleanup_on] AS bit) AS [changeTrackingAutoCleanup],
  @applicationVersion AS [applicationVersion], @preparedFor AS [preparedFor], @extensions AS [extensions],
  ORIGINAL_LOGIN() AS [login],
  USER_NAME() AS [user],
  CAST(LOGINPROPERTY(ORIGINAL_LOGIN(), N'DaysUntilExpiration') AS int) AS [loginDays],
  CAST(IS_SRVROLEMEMBER(N'sysadmin') AS bit) AS [isSysadmin],
  CAST(HAS_PERMS_BY_NAME(@database, N'DATABASE', N'CONTROL') AS bit) AS [hasControl],
  @rights AS [missingRights],
  CAST(HAS_PERMS_BY_NAME(N'[dbo]', N'SCHEMA', N'VIEW CHANGE TRACKING') AS bit) AS [seesChanges],
  CAST(CASE @unseen WHEN N'absent;' THEN 1 ELSE 0 END AS bit) AS [seesDefinitions],
  CAST(HAS_PERMS_BY_NAME(@database, N'DATABASE', N'VIEW DATABASE STATE') AS bit) AS [seesState],
  (SELECT COUNT(*) FROM sys.tables) AS [tableCount], @prefixes AS [tablePrefixes], @keyless AS [tablesWithoutKey],
  @largest AS [largestMediaMegabytes], @media AS [mediaMegabytes], @backup AS [fullBackupAgeHours],
  @statistics AS [statisticsAgeDays], @unmeasured AS [unmeasured]
FROM sys.databases AS d
-- Not the id of sys.databases, which is another one in Azure SQL Database.
LEFT JOIN sys.change_tracking_databases AS c ON c.[database_id] = DB_ID()
WHERE d.[name] = DB_NAME();
