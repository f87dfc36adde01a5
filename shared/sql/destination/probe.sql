-- One row of measured values of the environment's database. It must succeed whatever is missing there, so everything
-- optional is asked for first.
SET NOCOUNT ON;

DECLARE @applicationVersion nvarchar(100), @boundTo nvarchar(64), @extensions nvarchar(max);

IF COL_LENGTH(N'[dbo].[$ndo$tenantdatabaseproperty]', N'applicationversion') IS NOT NULL
  AND HAS_PERMS_BY_NAME(N'[dbo].[$ndo$tenantdatabaseproperty]', N'OBJECT', N'SELECT') = 1
  EXEC sp_executesql
    N'SELECT TOP (1) @value = CAST([applicationversion] AS nvarchar(100)) FROM [dbo].[$ndo$tenantdatabaseproperty]',
    N'@value nvarchar(100) OUTPUT', @value = @applicationVersion OUTPUT;

IF COL_LENGTH(N'[mig].[Environment]', N'setupKey') IS NOT NULL
  AND HAS_PERMS_BY_NAME(N'[mig].[Environment]', N'OBJECT', N'SELECT') = 1
  EXEC sp_executesql N'SELECT TOP (1) @value = [setupKey] FROM [mig].[Environment]',
    N'@value nvarchar(64) OUTPUT', @value = @boundTo OUTPUT;

IF COL_LENGTH(N'[dbo].[NAV App Installed App]', N'App ID') IS NOT NULL
  AND HAS_PERMS_BY_NAME(N'[dbo].[NAV App Installed App]', N'OBJECT', N'SELECT') = 1
  EXEC sp_executesql
    N'SET @value = (
      SELECT LOWER(CAST([App ID] AS nvarchar(36))) AS [appId], [Name] AS [name], [Publisher] AS [publisher],
        CONCAT([Version Major], N''.'', [Version Minor], N''.'', [Version Build], N''.'', [Version Revision]) AS [version]
      FROM [dbo].[NAV App Installed App] ORDER BY [Name] FOR JSON PATH)',
    N'@value nvarchar(max) OUTPUT', @value = @extensions OUTPUT;

SELECT
  d.[name] AS [database],
  CAST(d.[compatibility_level] AS int) AS [compatibilityLevel],
  d.[collation_name] AS [collation],
  d.[state_desc] AS [state],
  CAST(CASE WHEN DATABASEPROPERTYEX(DB_NAME(), N'Updateability') = N'READ_WRITE' THEN 0 ELSE 1 END AS bit) AS [isReadOnly],
  @applicationVersion AS [applicationVersion],
  @boundTo AS [boundTo],
  @extensions AS [extensions],
  USER_NAME() AS [user],
  CAST(HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'CONTROL') AS bit) AS [hasControl]
FROM sys.databases AS d
WHERE d.[name] = DB_NAME();
