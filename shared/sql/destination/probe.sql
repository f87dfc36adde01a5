-- One row of measured values of the environment's database. It must succeed whatever is missing there, so everything
-- optional is asked for first. [unmeasured] says of what could not be read why: absent, or denied, also what is hidden.
SET NOCOUNT ON;

DECLARE @name nvarchar(258) = QUOTENAME(DB_NAME());
DECLARE @unmeasured nvarchar(1000) = N'', @unseen nvarchar(10) = N'denied;';
DECLARE @applicationVersion nvarchar(100), @boundTo nvarchar(64), @extensions nvarchar(max), @usedBytes bigint;
DECLARE @tablesTurnedOff nvarchar(max), @triggers nvarchar(max);

-- Who may see all definitions knows that what is not seen is not there.
IF HAS_PERMS_BY_NAME(@name, N'DATABASE', N'VIEW DEFINITION') = 1 SET @unseen = N'absent;';

IF COL_LENGTH(N'[dbo].[$ndo$tenantdatabaseproperty]', N'applicationversion') IS NULL
  SET @unmeasured = @unmeasured + N'applicationVersion=' + @unseen;
ELSE IF ISNULL(HAS_PERMS_BY_NAME(N'[dbo].[$ndo$tenantdatabaseproperty]', N'OBJECT', N'SELECT'), 0) = 0
  SET @unmeasured = @unmeasured + N'applicationVersion=denied;';
ELSE
  EXEC sp_executesql
    N'SELECT TOP (1) @value = CAST([applicationversion] AS nvarchar(100)) FROM [dbo].[$ndo$tenantdatabaseproperty]',
    N'@value nvarchar(100) OUTPUT', @value = @applicationVersion OUTPUT;

IF COL_LENGTH(N'[mig].[Environment]', N'setupKey') IS NULL
  SET @unmeasured = @unmeasured + N'boundTo=' + @unseen;
ELSE IF ISNULL(HAS_PERMS_BY_NAME(N'[mig].[Environment]', N'OBJECT', N'SELECT'), 0) = 0
  SET @unmeasured = @unmeasured + N'boundTo=denied;';
ELSE
  EXEC sp_executesql N'SELECT TOP (1) @value = [setupKey] FROM [mig].[Environment]',
    N'@value nvarchar(64) OUTPUT', @value = @boundTo OUTPUT;

IF COL_LENGTH(N'[dbo].[NAV App Installed App]', N'App ID') IS NULL
  SET @unmeasured = @unmeasured + N'extensions=' + @unseen;
ELSE IF ISNULL(HAS_PERMS_BY_NAME(N'[dbo].[NAV App Installed App]', N'OBJECT', N'SELECT'), 0) = 0
  SET @unmeasured = @unmeasured + N'extensions=denied;';
ELSE
  EXEC sp_executesql
    N'SET @value = (
      SELECT LOWER(CAST([App ID] AS nvarchar(36))) AS [appId], [Name] AS [name], [Publisher] AS [publisher],
        CONCAT([Version Major], N''.'', [Version Minor], N''.'', [Version Build], N''.'', [Version Revision]) AS [version]
      FROM [dbo].[NAV App Installed App] ORDER BY [Name] FOR JSON PATH)',
    N'@value nvarchar(max) OUTPUT', @value = @extensions OUTPUT;

-- What the platform lists, as replication-rules.sql reads it.
IF COL_LENGTH(N'[dbo].[Intelligent Cloud Status]', N'Replicate Data') IS NULL
  SET @unmeasured = @unmeasured + N'tablesTurnedOff=' + @unseen;
ELSE IF ISNULL(HAS_PERMS_BY_NAME(N'[dbo].[Intelligent Cloud Status]', N'OBJECT', N'SELECT'), 0) = 0
  SET @unmeasured = @unmeasured + N'tablesTurnedOff=denied;';
ELSE
  EXEC sp_executesql
    N'SET @value = (SELECT TOP (20) [Table Name] AS [name], COUNT(*) OVER () AS [total] FROM [dbo].[Intelligent Cloud Status]
        WHERE [Replicate Data] = 0 ORDER BY [Table Name] FOR JSON PATH)',
    N'@value nvarchar(max) OUTPUT', @value = @tablesTurnedOff OUTPUT;

IF @unseen = N'denied;'
  SET @unmeasured = @unmeasured + N'triggers=denied;';
ELSE
  SET @triggers = (
    SELECT TOP (20) CONCAT(t.[name], N'.', g.[name]) AS [name], COUNT(*) OVER () AS [total]
    FROM sys.triggers AS g JOIN sys.tables AS t ON t.[object_id] = g.[parent_id]
    WHERE g.[is_disabled] = 0 ORDER BY t.[name], g.[name] FOR JSON PATH);

IF HAS_PERMS_BY_NAME(@name, N'DATABASE', N'VIEW DATABASE STATE') = 1
  SELECT @usedBytes = SUM(CAST([reserved_page_count] AS bigint)) * 8192 FROM sys.dm_db_partition_stats;
ELSE
  SET @unmeasured = @unmeasured + N'room=denied;';

SELECT
  d.[name] AS [database],
  CAST(d.[compatibility_level] AS int) AS [compatibilityLevel],
  d.[collation_name] AS [collation],
  d.[state_desc] AS [state],
  CAST(CASE WHEN DATABASEPROPERTYEX(DB_NAME(), N'Updateability') = N'READ_WRITE' THEN 0 ELSE 1 END AS bit) AS [isReadOnly],
  @applicationVersion AS [applicationVersion],
  @boundTo AS [boundTo],
  @extensions AS [extensions],
  @tablesTurnedOff AS [tablesTurnedOff], @triggers AS [triggers],
  USER_NAME() AS [user],
  CAST(HAS_PERMS_BY_NAME(@name, N'DATABASE', N'CONTROL') AS bit) AS [hasControl],
  CAST(@usedBytes / 1073741824.0 AS float) AS [usedGigabytes],
  -- Only Azure SQL Database has a largest size; -1 is none.
  CAST(CAST(DATABASEPROPERTYEX(DB_NAME(), N'MaxSizeInBytes') AS bigint) / 1073741824.0 AS float) AS [maximumGigabytes],
  @unmeasured AS [unmeasured]
FROM sys.databases AS d
WHERE d.[name] = DB_NAME();
