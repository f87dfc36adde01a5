-- Closes the replication @replicationId, whose pipeline has ended, and says what became of its tables in one row. One that
-- has not begun is noted as ended, so that a pipeline that starts late is refused. @error: why tables were not reached.
SET NOCOUNT ON;

DECLARE @pipelineRunId nvarchar(50);
SELECT @pipelineRunId = [pipelineRunId] FROM [mig].[Replication] WHERE [replicationId] = @replicationId;

IF @pipelineRunId IS NULL
BEGIN
  SET @pipelineRunId = N'';
  INSERT INTO [mig].[Replication] ([replicationId], [pipelineRunId], [mode], [startedAt], [endedAt])
  VALUES (@replicationId, @pipelineRunId, N'', SYSUTCDATETIME(), SYSUTCDATETIME());
END;
ELSE
  EXEC [mig].[EndReplication] @replicationId = @replicationId, @pipelineRunId = @pipelineRunId, @error = @error;

EXEC [mig].[GetSummary] @replicationId = @replicationId, @pipelineRunId = @pipelineRunId;
