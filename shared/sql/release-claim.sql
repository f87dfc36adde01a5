-- Gives back what claim.sql took for the attempt @attempt of the setup @setupKey. There may be no claim, or another's.
SET NOCOUNT ON;

IF OBJECT_ID(N'[mig].[Claim]', N'U') IS NOT NULL
  DELETE FROM [mig].[Claim] WHERE [setupKey] = @setupKey AND [attempt] = @attempt;
