-- The source's columns as the preparation copied them, in the order of source-tables.sql.
SELECT [tableId], [ordinal], [columnName], [typeName], [maxLength], [precision], [scale], [isNullable], [isIdentity],
  [isComputed], [isRowVersion], [keyOrdinal], [collation]
FROM [mig].[SourceColumn] ORDER BY [tableId], [ordinal];
