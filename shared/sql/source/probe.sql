-- One row of measured values of the on-premises database. It must succeed for a login with few rights and on servers
-- older than the supported ones: everything optional is asked for first, and newer syntax stands in dynamic SQL.
SET NOCOUNT ON;

DECLARE @productVersion nvarchar(50) = CAST(SERVERPROPERTY(N'ProductVersion') AS nvarchar(50));
DECLARE @engineEdition int = CAST(SERVERPROPERTY(N'EngineEdition') AS int);
DECLARE @applicationVersion nvarchar(100), @preparedFor nvarchar(64), @extensions nvarchar(max), @tablePrefixes nvarchar(max);

IF COL_LENGTH(N'[dbo].[$ndo$tenantdatabaseproperty]', N'applicationversion') IS NOT NULL
  AND HAS_PERMS_BY_NAME(N'[dbo].[$ndo$tenantdatabaseproperty]', N'OBJECT', N'SELECT') = 1
  EXEC sp_executesql
    N'SELECT TOP (1) @value = CAST([applicationversion] AS nvarchar(100)) FROM [dbo].[$ndo$tenantdatabaseproperty]',
    N'@value nvarchar(100) OUTPUT', @value = @applicationVersion OUTPUT;

IF COL_LENGTH(N'[mig].[Setup]', N'setupKey') IS NOT NULL
  AND HAS_PERMS_BY_NAME(N'[mig].[Setup]', N'OBJECT', N'SELECT') = 1
  EXEC sp_executesql N'SELECT TOP (1) @value = [setupKey] FROM [mig].[Setup]',
    N'@value nvarchar(64) OUTPUT', @value = @preparedFor OUTPUT;

IF COL_LENGTH(N'[dbo].[NAV App Installed App]', N'App ID') IS NOT NULL
  AND HAS_PERMS_BY_NAME(N'[dbo].[NAV App Installed App]', N'OBJECT', N'SELECT') = 1
  AND (CAST(PARSENAME(@productVersion, 4) AS int) >= 13 OR @engineEdition IN (5, 8))
  EXEC sp_executesql
    N'SET @value = (
      SELECT LOWER(CAST([App ID] AS nvarchar(36))) AS [appId], [Name] AS [name], [Publisher] AS [publisher],
        CONCAT([Version Major], N''.'', [Version Minor], N''.'', [Version Build], N''.'', [Version Revision]) AS [version]
      FROM [dbo].[NAV App Installed App] ORDER BY [Name] FOR JSON PATH)',
    N'@value nvarchar(max) OUTPUT', @value = @extensions OUTPUT;

-- Without $ext and the id of the app, a table of a company still has a $; one of the whole database has none.
IF CAST(PARSENAME(@productVersion, 4) AS int) >= 13 OR @engineEdition IN (5, 8)
  EXEC sp_executesql
    N'SET @value = (
      SELECT p.[prefix], COUNT(*) AS [tables]
      FROM sys.tables AS t
      CROSS APPLY (SELECT CASE WHEN RIGHT(t.[name], 4) = N''$ext'' THEN LEFT(t.[name], LEN(t.[name]) - 4)
        ELSE t.[name] END AS [name]) AS b
      CROSS APPLY (SELECT CASE WHEN b.[name] LIKE N''%$________-____-____-____-____________''
        THEN LEFT(b.[name], LEN(b.[name]) - 37) ELSE b.[name] END AS [name]) AS n
      CROSS APPLY (SELECT LEFT(n.[name], LEN(n.[name]) - CHARINDEX(N''$'', REVERSE(n.[name]))) AS [prefix]) AS p
      WHERE SCHEMA_NAME(t.[schema_id]) = N''dbo'' AND n.[name] LIKE N''_%$%'' AND n.[name] NOT LIKE N''$%''
      GROUP BY p.[prefix] ORDER BY p.[prefix] FOR JSON PATH)',
    N'@value nvarchar(max) OUTPUT', @value = @tablePrefixes OUTPUT;

SELECT
  d.[name] AS [database],
  @productVersion AS [productVersion],
  @engineEdition AS [engineEdition],
  CAST(SERVERPROPERTY(N'Edition') AS nvarchar(100)) AS [edition],
  CAST(d.[compatibility_level] AS int) AS [compatibilityLevel],
  d.[collation_name] AS [collation],
  d.[state_desc] AS [state],
  CAST(CASE WHEN DATABASEPROPERTYEX(DB_NAME(), N'Updateability') = N'READ_WRITE' THEN 0 ELSE 1 END AS bit) AS [isReadOnly],
  d.[user_access_desc] AS [userAccess],
  CAST(CASE WHEN c.[database_id] IS NULL THEN 0 ELSE 1 END AS bit) AS [changeTrackingOn],
  CAST(CASE c.[retention_period_units] WHEN 1 THEN c.[retention_period] / 1440.0 WHEN 2 THEN c.[retention_period] / 24.0
    WHEN 3 THEN c.[retention_period] END AS float) AS [changeTrackingRetentionDays],
  CAST(c.[is_auto_cleanup_on] AS bit) AS [changeTrackingAutoCleanup],
  @applicationVersion AS [applicationVersion],
  @preparedFor AS [preparedFor],
  @extensions AS [extensions],
  ORIGINAL_LOGIN() AS [login],
  USER_NAME() AS [user],
  CAST(IS_SRVROLEMEMBER(N'sysadmin') AS bit) AS [isSysadmin],
  CAST(HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'CONTROL') AS bit) AS [hasControl],
  (SELECT COUNT(*) FROM sys.tables) AS [tableCount],
  @tablePrefixes AS [tablePrefixes]
FROM sys.databases AS d
-- Not the id of sys.databases, which is another one in Azure SQL Database.
LEFT JOIN sys.change_tracking_databases AS c ON c.[database_id] = DB_ID()
WHERE d.[name] = DB_NAME();
