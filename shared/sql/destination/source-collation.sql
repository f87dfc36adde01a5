-- The collation of the source database, which its columns have unless they were told otherwise. No row: unknown.
SELECT TOP (1) [collation] FROM [mig].[SourceColumn]
WHERE [collation] IS NOT NULL GROUP BY [collation] ORDER BY COUNT(*) DESC;
