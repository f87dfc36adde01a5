-- Takes back the mark of mark-ready.sql for the attempt @attempt of the setup @setupKey. There may be none, or another's.
SET NOCOUNT ON;

IF OBJECT_ID(N'[mig].[Environment]', N'U') IS NOT NULL
  DELETE FROM [mig].[Environment] WHERE [setupKey] = @setupKey AND [attempt] = @attempt;
