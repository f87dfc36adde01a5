-- One row: whether the attempt @attempt of the setup @setupKey may write its table plan. It may while it holds the claim
-- and has not marked the environment as ready: from then on replication keeps its state in the plan, and only the replication
-- @replicationId may, before it begins.
SET NOCOUNT ON;

DECLARE @isOpen bit = 0;

IF OBJECT_ID(N'[mig].[Claim]', N'U') IS NOT NULL AND OBJECT_ID(N'[mig].[Environment]', N'U') IS NOT NULL
  IF EXISTS (SELECT 1 FROM [mig].[Claim] WHERE [setupKey] = @setupKey AND [attempt] = @attempt)
    AND (EXISTS (SELECT 1 FROM [mig].[Environment] WHERE [setupKey] = @setupKey AND [attempt] = @attempt)
        AND @replicationId > 0 AND NOT EXISTS (SELECT 1 FROM [mig].[Replication] WHERE [replicationId] >= @replicationId)
      OR NOT EXISTS (SELECT 1 FROM [mig].[Environment] WHERE [setupKey] = @setupKey AND [attempt] = @attempt)
        AND @replicationId = 0)
    SET @isOpen = 1;

SELECT @isOpen AS [isOpen];
