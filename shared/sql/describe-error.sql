-- What a log says of the error that is being caught: its number, the table and the message, of which nothing is kept that
-- may be a value of a row. Called in a CATCH block of either database.
CREATE OR ALTER PROCEDURE [mig].[DescribeError] @table nvarchar(300), @error nvarchar(2048) OUTPUT
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @message nvarchar(max) = ERROR_MESSAGE(), @number int = ERROR_NUMBER();
  SET @message = CASE
    -- A key that occurs twice is named behind the constraint and the object, in brackets.
    WHEN @number IN (2601, 2627) THEN LEFT(@message, CHARINDEX(N'(', @message + N'(') - 1)
    -- Text that is too long is quoted behind the table and the column.
    WHEN @number = 2628 THEN LEFT(@message, CHARINDEX(N'Truncated value', @message + N'Truncated value') - 1)
    -- Conversions quote what they cannot convert.
    WHEN @number IN (220, 232, 244, 245, 248, 295, 8114, 8115) THEN N'A value does not fit the type of its column.'
    ELSE @message END;
  SET @error = LEFT(CONCAT(N'Error ', @number, N' in ', @table, N': ', @message), 2048);
END;
