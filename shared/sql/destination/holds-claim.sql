-- One row: whether the attempt @attempt of the setup @setupKey holds the claim of this database.
SET NOCOUNT ON;

DECLARE @holds bit = 0;

IF OBJECT_ID(N'[mig].[Claim]', N'U') IS NOT NULL
  IF EXISTS (SELECT 1 FROM [mig].[Claim] WHERE [setupKey] = @setupKey AND [attempt] = @attempt) SET @holds = 1;

SELECT @holds AS [holds];
