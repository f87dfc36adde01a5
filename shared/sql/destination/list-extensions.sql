-- One row an extension that is installed in the environment.
SET NOCOUNT ON;

IF COL_LENGTH(N'[dbo].[NAV App Installed App]', N'App ID') IS NOT NULL
  EXEC sp_executesql
    N'SELECT LOWER(CAST([App ID] AS nvarchar(36))) AS [appId], [Name] AS [name], [Publisher] AS [publisher],
        CONCAT([Version Major], N''.'', [Version Minor], N''.'', [Version Build], N''.'', [Version Revision]) AS [version]
      FROM [dbo].[NAV App Installed App] ORDER BY [Name], [App ID]';
ELSE
  SELECT CAST(NULL AS nvarchar(36)) AS [appId], CAST(NULL AS nvarchar(250)) AS [name],
    CAST(NULL AS nvarchar(250)) AS [publisher], CAST(NULL AS nvarchar(50)) AS [version] WHERE 1 = 0;
