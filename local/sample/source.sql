-- A small on-premises database as Business Central 25 makes it: three companies, two extensions, the platform's tables.
-- Run batch by batch in an empty database. Deviations from the environment in destination.sql are deliberate: see README.md.
CREATE TABLE [dbo].[$ndo$dbproperty] (
  [databaseversionno] int NOT NULL,
  [applicationversion] nvarchar(50) NULL,
  [applicationfamily] nvarchar(50) NULL,
  [invalididentifierchars] nvarchar(50) NULL,
  [license] image NULL,
  [uidoffset] int NOT NULL
);
INSERT INTO [dbo].[$ndo$dbproperty]
  ([databaseversionno], [applicationversion], [applicationfamily], [invalididentifierchars], [uidoffset])
VALUES (250010, N'25.0.23364.0', N'W1', N'."\/''%][', 1000000000);
CREATE TABLE [dbo].[$ndo$tenantproperty] (
  [tenantid] nvarchar(128) NOT NULL,
  [tenanttype] int NOT NULL,
  [license] image NULL
);
INSERT INTO [dbo].[$ndo$tenantproperty] ([tenantid], [tenanttype]) VALUES (N'default', 0);
CREATE TABLE [dbo].[$ndo$tenantdatabaseproperty] (
  [applicationversion] nvarchar(50) NULL
);
INSERT INTO [dbo].[$ndo$tenantdatabaseproperty] ([applicationversion]) VALUES (N'25.0.23364.0');
GO
CREATE TABLE [dbo].[Company] (
  [timestamp] timestamp NOT NULL,
  [Name] nvarchar(30) NOT NULL,
  [Evaluation Company] tinyint NOT NULL CONSTRAINT [MDF$Company$Evaluation Company] DEFAULT ((0)),
  [Display Name] nvarchar(250) NOT NULL CONSTRAINT [MDF$Company$Display Name] DEFAULT (N''),
  [Id] uniqueidentifier NOT NULL CONSTRAINT [MDF$Company$Id] DEFAULT ('00000000-0000-0000-0000-000000000000'),
  [Business Profile Id] nvarchar(250) NOT NULL CONSTRAINT [MDF$Company$Business Profile Id] DEFAULT (N''),
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$Company$$systemId] DEFAULT (NEWID()),
  [$systemCreatedAt] datetime NOT NULL CONSTRAINT [MDF$Company$$systemCreatedAt] DEFAULT ('1753.01.01'),
  [$systemModifiedAt] datetime NOT NULL CONSTRAINT [MDF$Company$$systemModifiedAt] DEFAULT ('1753.01.01'),
  CONSTRAINT [Company$Key1] PRIMARY KEY CLUSTERED ([Name])
);
INSERT INTO [dbo].[Company] ([Name], [Evaluation Company], [Display Name], [Id]) VALUES
  (N'CRONUS International Ltd.', 0, N'CRONUS International Ltd.', NEWID()),
  (N'CRONUS [LOCAL] & Söhne', 0, N'CRONUS Lokal & Söhne', NEWID()),
  (N'CRONUS Česko s.r.o.', 1, N'', NEWID());
GO
CREATE TABLE [dbo].[NAV App Installed App] (
  [timestamp] timestamp NOT NULL,
  [App ID] uniqueidentifier NOT NULL,
  [Package ID] uniqueidentifier NOT NULL,
  [Name] nvarchar(250) NOT NULL,
  [Publisher] nvarchar(250) NOT NULL,
  [Version Major] int NOT NULL,
  [Version Minor] int NOT NULL,
  [Version Build] int NOT NULL,
  [Version Revision] int NOT NULL,
  [Extension Type] int NOT NULL CONSTRAINT [MDF$NAV App Installed App$Extension Type] DEFAULT ((0)),
  CONSTRAINT [NAV App Installed App$Key1] PRIMARY KEY CLUSTERED ([App ID])
);
INSERT INTO [dbo].[NAV App Installed App] ([App ID], [Package ID], [Name], [Publisher], [Version Major],
  [Version Minor], [Version Build], [Version Revision])
VALUES
  ('63ca2fa4-4f03-4f2b-a480-172fef340d3f', NEWID(), N'System Application', N'Microsoft', 25, 0, 23364, 0),
  ('437dbf0e-84ff-417a-965d-ed2bb9650972', NEWID(), N'Base Application', N'Microsoft', 25, 0, 23364, 0),
  ('5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41', NEWID(), N'Loyalty Points', N'CRONUS', 3, 1, 0, 0),
  ('a7d0b2c4-6e18-4f3a-8b95-2c1d3e4f5a60', NEWID(), N'Legacy Archive', N'CRONUS', 1, 0, 4, 0);
GO
CREATE TABLE [dbo].[User] (
  [timestamp] timestamp NOT NULL,
  [User Security ID] uniqueidentifier NOT NULL,
  [User Name] nvarchar(50) NOT NULL CONSTRAINT [MDF$User$User Name] DEFAULT (N''),
  [State] int NOT NULL CONSTRAINT [MDF$User$State] DEFAULT ((0)),
  [Authentication Email] nvarchar(250) NOT NULL CONSTRAINT [MDF$User$Authentication Email] DEFAULT (N''),
  CONSTRAINT [User$Key1] PRIMARY KEY CLUSTERED ([User Security ID])
);
CREATE TABLE [dbo].[User Property] (
  [timestamp] timestamp NOT NULL,
  [User Security ID] uniqueidentifier NOT NULL,
  [Password] nvarchar(80) NOT NULL CONSTRAINT [MDF$User Property$Password] DEFAULT (N''),
  [Name Identifier] nvarchar(250) NOT NULL CONSTRAINT [MDF$User Property$Name Identifier] DEFAULT (N''),
  [Authentication Object ID] nvarchar(80) NOT NULL
    CONSTRAINT [MDF$User Property$Authentication Object ID] DEFAULT (N''),
  CONSTRAINT [User Property$Key1] PRIMARY KEY CLUSTERED ([User Security ID])
);
INSERT INTO [dbo].[User] ([User Security ID], [User Name], [Authentication Email]) VALUES
  ('00000000-0000-0000-0000-00000000a001', N'ADMIN', N'admin@cronus.example'),
  ('00000000-0000-0000-0000-00000000a002', N'CRONUS\BOOKKEEPER', N'');
INSERT INTO [dbo].[User Property] ([User Security ID], [Name Identifier], [Authentication Object ID])
VALUES ('00000000-0000-0000-0000-00000000a001', N'admin', N'00000000-0000-0000-0000-00000000b001');
CREATE TABLE [dbo].[Tenant Media] (
  [timestamp] timestamp NOT NULL,
  [ID] uniqueidentifier NOT NULL,
  [Description] nvarchar(100) NOT NULL CONSTRAINT [MDF$Tenant Media$Description] DEFAULT (N''),
  [Content] image NULL,
  [Mime Type] nvarchar(100) NOT NULL CONSTRAINT [MDF$Tenant Media$Mime Type] DEFAULT (N''),
  CONSTRAINT [Tenant Media$Key1] PRIMARY KEY CLUSTERED ([ID])
);
INSERT INTO [dbo].[Tenant Media] ([ID], [Description], [Content], [Mime Type]) VALUES
  (NEWID(), N'Logo', 0x89504E470D0A1A0A, N'image/png'),
  (NEWID(), N'Photo', 0xFFD8FFE000104A46, N'image/jpeg');
CREATE TABLE [dbo].[Record Link] (
  [timestamp] timestamp NOT NULL,
  [Link ID] int IDENTITY(1,1) NOT NULL,
  [Record ID] varbinary(448) NOT NULL,
  [URL1] nvarchar(2048) NOT NULL CONSTRAINT [MDF$Record Link$URL1] DEFAULT (N''),
  [Description] nvarchar(250) NOT NULL CONSTRAINT [MDF$Record Link$Description] DEFAULT (N''),
  [Company] nvarchar(30) NOT NULL CONSTRAINT [MDF$Record Link$Company] DEFAULT (N''),
  CONSTRAINT [Record Link$Key1] PRIMARY KEY CLUSTERED ([Link ID])
);
INSERT INTO [dbo].[Record Link] ([Record ID], [URL1], [Description], [Company])
VALUES (0x1200000000, N'https://example.com/contract', N'Contract', N'CRONUS International Ltd.');
GO
CREATE TABLE [dbo].[Upgrade Tags$63ca2fa4-4f03-4f2b-a480-172fef340d3f] (
  [timestamp] timestamp NOT NULL,
  [Tag] nvarchar(250) NOT NULL,
  [Company] nvarchar(30) NOT NULL,
  [Tag Timestamp] datetime NOT NULL CONSTRAINT [MDF$Upgrade Tags$Tag Timestamp] DEFAULT ('1753.01.01'),
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$Upgrade Tags$$systemId] DEFAULT (NEWID()),
  CONSTRAINT [Upgrade Tags$63ca2fa4-4f03-4f2b-a480-172fef340d3f$Key1] PRIMARY KEY CLUSTERED ([Tag], [Company])
);
INSERT INTO [dbo].[Upgrade Tags$63ca2fa4-4f03-4f2b-a480-172fef340d3f] ([Tag], [Company]) VALUES
  (N'MS-361545-ItemPicture-20200601', N'CRONUS International Ltd.'),
  (N'MS-361545-ItemPicture-20200601', N'CRONUS Česko s.r.o.');
CREATE TABLE [dbo].[Email Account$63ca2fa4-4f03-4f2b-a480-172fef340d3f] (
  [timestamp] timestamp NOT NULL,
  [Account Id] uniqueidentifier NOT NULL,
  [Name] nvarchar(250) NOT NULL CONSTRAINT [MDF$Email Account$Name] DEFAULT (N''),
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$Email Account$$systemId] DEFAULT (NEWID()),
  CONSTRAINT [Email Account$63ca2fa4-4f03-4f2b-a480-172fef340d3f$Key1] PRIMARY KEY CLUSTERED ([Account Id])
);
CREATE TABLE [dbo].[Loyalty Program$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] (
  [timestamp] timestamp NOT NULL,
  [Code] nvarchar(20) NOT NULL,
  [Description] nvarchar(100) NOT NULL CONSTRAINT [MDF$Loyalty Program$Description] DEFAULT (N''),
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$Loyalty Program$$systemId] DEFAULT (NEWID()),
  CONSTRAINT [Loyalty Program$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41$Key1] PRIMARY KEY CLUSTERED ([Code])
);
INSERT INTO [dbo].[Loyalty Program$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] ([Code], [Description])
VALUES (N'GOLD', N'Gold'), (N'SILVER', N'Silver');
GO
-- The tables of a company, written once: %C% stands for the company's SQL name.
CREATE TABLE #template ([position] int IDENTITY(1,1) NOT NULL PRIMARY KEY, [statement] nvarchar(max) NOT NULL);
INSERT INTO #template ([statement]) VALUES
(N'CREATE TABLE [dbo].[%C%$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972] (
  [timestamp] timestamp NOT NULL,
  [No_] nvarchar(20) NOT NULL,
  [Name] nvarchar(100) NOT NULL CONSTRAINT [MDF$%C%$Customer$Name] DEFAULT (N''''),
  [Search Name] nvarchar(100) NOT NULL CONSTRAINT [MDF$%C%$Customer$Search Name] DEFAULT (N''''),
  [City] nvarchar(30) NOT NULL CONSTRAINT [MDF$%C%$Customer$City] DEFAULT (N''''),
  [Credit Limit (LCY)] decimal(38, 20) NOT NULL CONSTRAINT [MDF$%C%$Customer$Credit Limit (LCY)] DEFAULT ((0)),
  [Blocked] int NOT NULL CONSTRAINT [MDF$%C%$Customer$Blocked] DEFAULT ((0)),
  [Last Date Modified] datetime NOT NULL CONSTRAINT [MDF$%C%$Customer$Last Date Modified] DEFAULT (''1753.01.01''),
  [Picture] image NULL,
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$%C%$Customer$$systemId] DEFAULT (NEWID()),
  [$systemCreatedAt] datetime NOT NULL CONSTRAINT [MDF$%C%$Customer$$systemCreatedAt] DEFAULT (''1753.01.01''),
  [$systemModifiedAt] datetime NOT NULL CONSTRAINT [MDF$%C%$Customer$$systemModifiedAt] DEFAULT (''1753.01.01''),
  CONSTRAINT [%C%$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972$Key1] PRIMARY KEY CLUSTERED ([No_])
)'),
(N'INSERT INTO [dbo].[%C%$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972] ([No_], [Name], [Search Name], [City], [Credit Limit (LCY)], [Picture])
  SELECT N''C'' + RIGHT(N''00000'' + CAST([n] AS nvarchar(10)), 5), N''Customer '' + CAST([n] AS nvarchar(10)), N''CUSTOMER '' + CAST([n] AS nvarchar(10)),
    CASE WHEN [n] % 3 = 0 THEN N''Köln'' ELSE N''Plzeň'' END, 1000.25 * [n], CASE WHEN [n] % 10 = 0 THEN 0x89504E470D0A1A0A END
  FROM #number WHERE [n] <= 120'),
(N'CREATE TABLE [dbo].[%C%$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972$ext] (
  [timestamp] timestamp NOT NULL,
  [No_] nvarchar(20) NOT NULL,
  [Points$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] int NOT NULL CONSTRAINT [MDF$%C%$Customer$ext$Points] DEFAULT ((0)),
  [Archive Code$a7d0b2c4-6e18-4f3a-8b95-2c1d3e4f5a60] nvarchar(20) NOT NULL CONSTRAINT [MDF$%C%$Customer$ext$Archive Code] DEFAULT (N''''),
  CONSTRAINT [%C%$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972$ext$Key1] PRIMARY KEY CLUSTERED ([No_])
)'),
(N'INSERT INTO [dbo].[%C%$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972$ext] ([No_], [Points$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41])
  SELECT N''C'' + RIGHT(N''00000'' + CAST([n] AS nvarchar(10)), 5), [n] * 7 FROM #number WHERE [n] <= 120'),
(N'CREATE TABLE [dbo].[%C%$Item$437dbf0e-84ff-417a-965d-ed2bb9650972] (
  [timestamp] timestamp NOT NULL,
  [No_] nvarchar(20) NOT NULL,
  [Description] nvarchar(100) NOT NULL CONSTRAINT [MDF$%C%$Item$Description] DEFAULT (N''''),
  [Unit Price] decimal(38, 20) NOT NULL CONSTRAINT [MDF$%C%$Item$Unit Price] DEFAULT ((0)),
  [Blocked] tinyint NOT NULL CONSTRAINT [MDF$%C%$Item$Blocked] DEFAULT ((0)),
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$%C%$Item$$systemId] DEFAULT (NEWID()),
  CONSTRAINT [%C%$Item$437dbf0e-84ff-417a-965d-ed2bb9650972$Key1] PRIMARY KEY CLUSTERED ([No_])
)'),
(N'INSERT INTO [dbo].[%C%$Item$437dbf0e-84ff-417a-965d-ed2bb9650972] ([No_], [Description], [Unit Price])
  SELECT CAST(1000 + [n] AS nvarchar(20)), N''Item '' + CAST([n] AS nvarchar(10)), 9.99 * [n] FROM #number WHERE [n] <= 200'),
(N'CREATE TABLE [dbo].[%C%$G_L Entry$437dbf0e-84ff-417a-965d-ed2bb9650972] (
  [timestamp] timestamp NOT NULL,
  [Entry No_] int NOT NULL,
  [G_L Account No_] nvarchar(20) NOT NULL CONSTRAINT [MDF$%C%$G_L Entry$G_L Account No_] DEFAULT (N''''),
  [Posting Date] datetime NOT NULL CONSTRAINT [MDF$%C%$G_L Entry$Posting Date] DEFAULT (''1753.01.01''),
  [Amount] decimal(38, 20) NOT NULL CONSTRAINT [MDF$%C%$G_L Entry$Amount] DEFAULT ((0)),
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$%C%$G_L Entry$$systemId] DEFAULT (NEWID()),
  CONSTRAINT [%C%$G_L Entry$437dbf0e-84ff-417a-965d-ed2bb9650972$Key1] PRIMARY KEY CLUSTERED ([Entry No_])
)'),
(N'INSERT INTO [dbo].[%C%$G_L Entry$437dbf0e-84ff-417a-965d-ed2bb9650972] ([Entry No_], [G_L Account No_], [Posting Date], [Amount])
  SELECT [n], CAST(1000 + [n] % 40 * 10 AS nvarchar(20)), DATEADD(day, [n], ''2024-01-01''), CASE WHEN [n] % 2 = 0 THEN 12.5 ELSE -12.5 END
  FROM #number WHERE [n] <= 300'),
(N'CREATE VIEW [dbo].[%C%$G_L Entry$437dbf0e-84ff-417a-965d-ed2bb9650972$VSIFT$Key2] WITH SCHEMABINDING AS
  SELECT [G_L Account No_], [Posting Date], COUNT_BIG(*) AS [$Cnt], SUM([Amount]) AS [SUM$Amount]
  FROM [dbo].[%C%$G_L Entry$437dbf0e-84ff-417a-965d-ed2bb9650972]
  GROUP BY [G_L Account No_], [Posting Date]'),
(N'CREATE UNIQUE CLUSTERED INDEX [VSIFTIDX]
  ON [dbo].[%C%$G_L Entry$437dbf0e-84ff-417a-965d-ed2bb9650972$VSIFT$Key2] ([G_L Account No_], [Posting Date])'),
(N'CREATE TABLE [dbo].[%C%$Sales Header$437dbf0e-84ff-417a-965d-ed2bb9650972] (
  [timestamp] timestamp NOT NULL,
  [Document Type] int NOT NULL,
  [No_] nvarchar(20) NOT NULL,
  [Sell-to Customer No_] nvarchar(20) NOT NULL CONSTRAINT [MDF$%C%$Sales Header$Sell-to Customer No_] DEFAULT (N''''),
  [Order Date] datetime NOT NULL CONSTRAINT [MDF$%C%$Sales Header$Order Date] DEFAULT (''1753.01.01''),
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$%C%$Sales Header$$systemId] DEFAULT (NEWID()),
  CONSTRAINT [%C%$Sales Header$437dbf0e-84ff-417a-965d-ed2bb9650972$Key1] PRIMARY KEY CLUSTERED ([Document Type], [No_])
)'),
(N'INSERT INTO [dbo].[%C%$Sales Header$437dbf0e-84ff-417a-965d-ed2bb9650972] ([Document Type], [No_], [Sell-to Customer No_])
  SELECT 1, N''SO'' + CAST([n] AS nvarchar(10)), N''C'' + RIGHT(N''00000'' + CAST([n] AS nvarchar(10)), 5) FROM #number WHERE [n] <= 40'),
(N'CREATE TABLE [dbo].[%C%$Payment Terms$437dbf0e-84ff-417a-965d-ed2bb9650972] (
  [timestamp] timestamp NOT NULL,
  [Code] nvarchar(20) NOT NULL,
  [Discount _] nvarchar(10) NOT NULL CONSTRAINT [MDF$%C%$Payment Terms$Discount _] DEFAULT (N''''),
  CONSTRAINT [%C%$Payment Terms$437dbf0e-84ff-417a-965d-ed2bb9650972$Key1] PRIMARY KEY CLUSTERED ([Code])
)'),
(N'INSERT INTO [dbo].[%C%$Payment Terms$437dbf0e-84ff-417a-965d-ed2bb9650972] ([Code]) VALUES (N''14 DAYS''), (N''1M(8D)'')'),
(N'CREATE TABLE [dbo].[%C%$Old Posting Buffer$437dbf0e-84ff-417a-965d-ed2bb9650972] (
  [timestamp] timestamp NOT NULL,
  [Entry No_] int NOT NULL,
  CONSTRAINT [%C%$Old Posting Buffer$437dbf0e-84ff-417a-965d-ed2bb9650972$Key1] PRIMARY KEY CLUSTERED ([Entry No_])
)'),
(N'CREATE TABLE [dbo].[%C%$Report Inbox$437dbf0e-84ff-417a-965d-ed2bb9650972] (
  [timestamp] timestamp NOT NULL,
  [Entry No_] int IDENTITY(1,1) NOT NULL,
  [Report Output] image NULL,
  CONSTRAINT [%C%$Report Inbox$437dbf0e-84ff-417a-965d-ed2bb9650972$Key1] PRIMARY KEY CLUSTERED ([Entry No_])
)'),
(N'CREATE TABLE [dbo].[%C%$Loyalty Import$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] (
  [Line] int NOT NULL,
  [Text] nvarchar(250) NOT NULL
)'),
(N'INSERT INTO [dbo].[%C%$Loyalty Import$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] ([Line], [Text])
  SELECT [n], N''line '' + CAST([n] AS nvarchar(10)) FROM #number WHERE [n] <= 5'),
(N'CREATE TABLE [dbo].[%C%$Loyalty Entry$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] (
  [timestamp] timestamp NOT NULL,
  [Entry No_] bigint IDENTITY(1,1) NOT NULL,
  [Amount] decimal(38, 20) NOT NULL CONSTRAINT [MDF$%C%$Loyalty Entry$Amount] DEFAULT ((0)),
  [Posted At] datetime NOT NULL CONSTRAINT [MDF$%C%$Loyalty Entry$Posted At] DEFAULT (''1753.01.01''),
  [Session] uniqueidentifier NOT NULL CONSTRAINT [MDF$%C%$Loyalty Entry$Session] DEFAULT (''00000000-0000-0000-0000-000000000000''),
  [Text] nvarchar(250) NOT NULL CONSTRAINT [MDF$%C%$Loyalty Entry$Text] DEFAULT (N''''),
  [Code] nvarchar(20) COLLATE Latin1_General_100_CS_AS NOT NULL CONSTRAINT [MDF$%C%$Loyalty Entry$Code] DEFAULT (N''''),
  [Voided] tinyint NOT NULL CONSTRAINT [MDF$%C%$Loyalty Entry$Voided] DEFAULT ((0)),
  [Content] image NULL,
  [. " \ / '' % ]] [ $ 🙂] int NOT NULL CONSTRAINT [MDF$%C%$Loyalty Entry$All] DEFAULT ((0)),
  [Pages] AS (CAST([Entry No_] / 10 AS bigint)),
  CONSTRAINT [%C%$Loyalty Entry$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41$Key1] PRIMARY KEY CLUSTERED ([Entry No_])
)'),
(N'INSERT INTO [dbo].[%C%$Loyalty Entry$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] ([Amount], [Posted At], [Session], [Text], [Code], [Voided], [Content], [. " \ / '' % ]] [ $ 🙂])
  VALUES (999999999999999999.99999999999999999999, ''9999-12-31T23:59:59.997'', ''ffffffff-ffff-ffff-ffff-ffffffffffff'', N''🙂 Ünïcødé'', N''a'', 1, 0x, 2147483647),
    (-999999999999999999.99999999999999999999, ''1753-01-01T00:00:00'', ''00000000-0000-0000-0000-000000000000'', N''NULL'', N''A'', 0, NULL, -2147483648),
    (0.00000000000000000001, ''1900-02-28T12:34:56.333'', ''6f9619ff-8b86-d011-b42d-00c04fc964ff'', N'' "quoted'''', \ / {"a":1} '', N''Ä'', 0, 0x00FF0A0D22, 0)'),
(N'INSERT INTO [dbo].[%C%$Loyalty Entry$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] ([Amount]) VALUES (0)'),
(N'CREATE TABLE [dbo].[%C%$Archived Document$a7d0b2c4-6e18-4f3a-8b95-2c1d3e4f5a60] (
  [timestamp] timestamp NOT NULL,
  [Document No_] nvarchar(20) NOT NULL,
  [Content] image NULL,
  CONSTRAINT [%C%$Archived Document$a7d0b2c4-6e18-4f3a-8b95-2c1d3e4f5a60$Key1] PRIMARY KEY CLUSTERED ([Document No_])
)');

CREATE TABLE #number ([n] int NOT NULL PRIMARY KEY);
INSERT INTO #number ([n])
SELECT 100 * a.[d] + 10 * b.[d] + c.[d] + 1
FROM (VALUES (0), (1), (2)) AS a([d])
CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b([d])
CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c([d]);

DECLARE @company nvarchar(30), @position int, @statement nvarchar(max);
SELECT @company = MIN([Name]) FROM [dbo].[Company];
WHILE @company IS NOT NULL
BEGIN
  SET @position = 1;
  WHILE @position <= (SELECT COUNT(*) FROM #template)
  BEGIN
    SELECT @statement = REPLACE([statement], N'%C%', REPLACE(REPLACE(REPLACE(@company, N'.', N'_'), N'[', N'_'), N']', N'_'))
    FROM #template WHERE [position] = @position;
    EXEC sp_executesql @statement;
    SET @position = @position + 1;
  END;
  SELECT @company = MIN([Name]) FROM [dbo].[Company] WHERE [Name] > @company;
END;
DROP TABLE #template;
DROP TABLE #number;
GO
-- The tables of a company that was deleted, what somebody has left behind, and a table of the whole database that is large.
CREATE TABLE [dbo].[CRONUS Old$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972] (
  [timestamp] timestamp NOT NULL,
  [No_] nvarchar(20) NOT NULL,
  CONSTRAINT [CRONUS Old$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972$Key1] PRIMARY KEY CLUSTERED ([No_])
);
INSERT INTO [dbo].[CRONUS Old$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972] ([No_]) VALUES (N'C00001');
CREATE TABLE [dbo].[tmp_Customer_20240229] ([No_] nvarchar(20) NULL, [Name] nvarchar(100) NULL);
INSERT INTO [dbo].[tmp_Customer_20240229] ([No_]) VALUES (N'C00001');
CREATE TABLE [dbo].[Loyalty Document$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] (
  [timestamp] timestamp NOT NULL,
  [Code] nvarchar(20) NOT NULL,
  [Content] image NULL,
  CONSTRAINT [Loyalty Document$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41$Key1] PRIMARY KEY CLUSTERED ([Code])
);
DECLARE @page varbinary(max) = CAST(REPLICATE(N'B2', 400) AS varbinary(max));
INSERT INTO [dbo].[Loyalty Document$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] ([Code], [Content])
SELECT N'D' + CAST(100 * a.[d] + 10 * b.[d] + c.[d] AS nvarchar(10)),
  CAST(100 * a.[d] + 10 * b.[d] + c.[d] AS varbinary(4)) + @page
FROM (VALUES (0), (1), (2), (3), (4), (5), (6)) AS a([d])
CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b([d])
CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c([d]);
INSERT INTO [dbo].[Loyalty Document$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] ([Code], [Content])
SELECT N'LARGE', c.[b] + c.[b] + c.[b] + c.[b] + c.[b] + c.[b] + c.[b] + c.[b]
FROM (SELECT b.[b] + b.[b] + b.[b] + b.[b] + b.[b] + b.[b] + b.[b] + b.[b] AS [b]
      FROM (SELECT @page + @page + @page + @page + @page + @page + @page + @page AS [b]) AS b) AS c;
