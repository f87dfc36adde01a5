-- One row about how the on-premises database keeps its data: features of tables, files, the disk, and durability. Succeeds as
-- probe.sql does, beside which it stands because Data Factory takes 8,192 characters. [unmeasured] as there.
SET NOCOUNT ON;

DECLARE @major int = CAST(PARSENAME(CAST(SERVERPROPERTY(N'ProductVersion') AS nvarchar(50)), 4) AS int);
DECLARE @engineEdition int = CAST(SERVERPROPERTY(N'EngineEdition') AS int), @unmeasured nvarchar(1000) = N'';
DECLARE @special nvarchar(max), @odd nvarchar(max), @files nvarchar(max), @disk bigint;
DECLARE @durability nvarchar(60), @recovery bit;

IF @engineEdition NOT IN (5, 8) AND @major < 13
  SET @unmeasured = @unmeasured + N'durability=old;tables=old;files=old;';
ELSE
  -- A masked column is read as it is by who has the right UNMASK. A page has 8 KB; a file that may fill its disk has no limit.
  EXEC sp_executesql
    N'DECLARE @unmasked int = HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N''DATABASE'', N''UNMASK'');
      SET @special = (
        SELECT TOP (20) CONCAT(s.[name], s.[feature]) AS [name], COUNT(*) OVER () AS [total]
        FROM (
          SELECT t.[name], CONCAT(
            CASE WHEN t.[is_memory_optimized] = 1 THEN N'' (memory-optimized)'' END,
            CASE WHEN t.[temporal_type] = 1 THEN N'' (history of another)'' END,
            CASE WHEN @unmasked = 0 AND EXISTS (
              SELECT 1 FROM sys.columns AS c WHERE c.[object_id] = t.[object_id] AND c.[is_masked] = 1)
              THEN N'' (masked)'' END) AS [feature]
          FROM sys.tables AS t
          WHERE SCHEMA_NAME(t.[schema_id]) = N''dbo'' AND t.[name] LIKE N''_%$%'' AND t.[name] NOT LIKE N''$%'') AS s
        WHERE s.[feature] <> N''''
        ORDER BY s.[name] FOR JSON PATH);
      SET @odd = (
        SELECT TOP (20) t.[name], COUNT(*) OVER () AS [total]
        FROM sys.tables AS t
        WHERE SCHEMA_NAME(t.[schema_id]) <> N''mig'' AND (t.[name] LIKE N''%["'''';\]%'' OR t.[name] LIKE N''%--%''
          OR t.[name] LIKE CONCAT(N''%['', NCHAR(8), NCHAR(9), NCHAR(10), NCHAR(13), N'']%''))
        ORDER BY t.[name] FOR JSON PATH);
      SET @files = (
        SELECT f.[type_desc] AS [type], (f.[size] - FILEPROPERTY(f.[name], N''SpaceUsed'')) / 128 AS [unused],
          CASE WHEN f.[growth] = 0 OR f.[max_size] = 0 THEN 0
            WHEN f.[max_size] > 0 THEN (f.[max_size] - f.[size]) / 128 END AS [growth]
        FROM sys.database_files AS f
        WHERE f.[type] IN (0, 1) FOR JSON PATH);
      SELECT @durability = [delayed_durability_desc] FROM sys.databases WHERE [name] = DB_NAME()',
    N'@special nvarchar(max) OUTPUT, @odd nvarchar(max) OUTPUT, @files nvarchar(max) OUTPUT, @durability nvarchar(60) OUTPUT',
    @special = @special OUTPUT, @odd = @odd OUTPUT, @files = @files OUTPUT, @durability = @durability OUTPUT;

-- Azure SQL Database shows no disk, and its recovery is not for its users to choose.
IF @engineEdition <> 5
BEGIN
  IF @major >= 15
    EXEC sp_executesql
      N'SELECT @value = [is_accelerated_database_recovery_on] FROM sys.databases WHERE [name] = DB_NAME()',
      N'@value bit OUTPUT', @value = @recovery OUTPUT;
  IF HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER STATE') = 1
    EXEC sp_executesql
      N'SELECT @value = MIN(v.[available_bytes]) / 1048576 FROM sys.database_files AS f
        CROSS APPLY sys.dm_os_volume_stats(DB_ID(), f.[file_id]) AS v WHERE f.[type] IN (0, 1)',
      N'@value bigint OUTPUT', @value = @disk OUTPUT;
  ELSE
    SET @unmeasured = @unmeasured + N'disk=denied;';
END;

SELECT @durability AS [delayedDurability], @recovery AS [acceleratedRecovery],
  @special AS [specialTables], @odd AS [oddNames], @files AS [files], CAST(@disk AS float) AS [diskMegabytes],
  @unmeasured AS [unmeasured];
