-- The database of a small online environment, Business Central 26: one company, the cloud migration apps, and the
-- platform's list of tables to replicate. Run batch by batch in an empty database. See README.md.
CREATE TABLE [dbo].[$ndo$tenantdatabaseproperty] (
  [applicationversion] nvarchar(50) NULL
);
INSERT INTO [dbo].[$ndo$tenantdatabaseproperty] ([applicationversion]) VALUES (N'26.3.36158.0');
CREATE TABLE [dbo].[$ndo$dbproperty] (
  [databaseversionno] int NOT NULL,
  [applicationversion] nvarchar(50) NULL,
  [applicationfamily] nvarchar(50) NULL,
  [invalididentifierchars] nvarchar(50) NULL
);
INSERT INTO [dbo].[$ndo$dbproperty] ([databaseversionno], [applicationversion], [applicationfamily], [invalididentifierchars])
VALUES (260015, N'26.3.36158.0', N'W1', N'."\/''%][');
GO
CREATE TABLE [dbo].[Company] (
  [timestamp] timestamp NOT NULL,
  [Name] nvarchar(30) NOT NULL,
  [Evaluation Company] tinyint NOT NULL CONSTRAINT [MDF$Company$Evaluation Company] DEFAULT ((0)),
  [Display Name] nvarchar(250) NOT NULL CONSTRAINT [MDF$Company$Display Name] DEFAULT (N''),
  [Id] uniqueidentifier NOT NULL CONSTRAINT [MDF$Company$Id] DEFAULT ('00000000-0000-0000-0000-000000000000'),
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$Company$$systemId] DEFAULT (NEWID()),
  CONSTRAINT [Company$Key1] PRIMARY KEY CLUSTERED ([Name])
);
INSERT INTO [dbo].[Company] ([Name], [Evaluation Company], [Display Name], [Id])
VALUES (N'CRONUS USA, Inc.', 1, N'CRONUS USA, Inc.', NEWID());
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
  ('63ca2fa4-4f03-4f2b-a480-172fef340d3f', NEWID(), N'System Application', N'Microsoft', 26, 3, 36158, 0),
  ('437dbf0e-84ff-417a-965d-ed2bb9650972', NEWID(), N'Base Application', N'Microsoft', 26, 3, 36158, 0),
  ('58623bfa-0559-4bc2-ae1c-0979c29fd9e0', NEWID(), N'Intelligent Cloud Base', N'Microsoft', 26, 3, 36158, 0),
  ('334ef79e-547e-4631-8ba1-7a7f18e14de6', NEWID(), N'Business Central Intelligent Cloud', N'Microsoft', 26, 3, 36158, 0),
  ('6992416f-3f39-4d3c-8242-3fff61350bea', NEWID(), N'Business Central Cloud Migration - Previous Release', N'Microsoft', 26, 3, 36158, 0),
  ('5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41', NEWID(), N'Loyalty Points', N'CRONUS', 4, 0, 0, 0),
  ('d94e3a17-0b5c-4c8e-a1f2-6b7c8d9e0f13', NEWID(), N'Shelf Labels', N'CRONUS', 1, 2, 0, 0);
GO
CREATE TABLE [dbo].[Intelligent Cloud] (
  [timestamp] timestamp NOT NULL,
  [Primary Key] nvarchar(10) NOT NULL,
  [Enabled] tinyint NOT NULL CONSTRAINT [MDF$Intelligent Cloud$Enabled] DEFAULT ((0)),
  CONSTRAINT [Intelligent Cloud$Key1] PRIMARY KEY CLUSTERED ([Primary Key])
);
CREATE TABLE [dbo].[Intelligent Cloud Status] (
  [timestamp] timestamp NOT NULL,
  [Table Name] nvarchar(250) NOT NULL,
  [Company Name] nvarchar(30) NOT NULL,
  [Table Id] int NOT NULL CONSTRAINT [MDF$Intelligent Cloud Status$Table Id] DEFAULT ((0)),
  [Synced Version] bigint NOT NULL CONSTRAINT [MDF$Intelligent Cloud Status$Synced Version] DEFAULT ((0)),
  [Blocked] tinyint NOT NULL CONSTRAINT [MDF$Intelligent Cloud Status$Blocked] DEFAULT ((0)),
  [Replicate Data] tinyint NOT NULL CONSTRAINT [MDF$Intelligent Cloud Status$Replicate Data] DEFAULT ((1)),
  [Preserve Cloud Data] tinyint NOT NULL CONSTRAINT [MDF$Intelligent Cloud Status$Preserve Cloud Data] DEFAULT ((0)),
  CONSTRAINT [Intelligent Cloud Status$Key1] PRIMARY KEY CLUSTERED ([Table Name], [Company Name])
);
GO
CREATE TABLE [dbo].[Hybrid Company$58623bfa-0559-4bc2-ae1c-0979c29fd9e0] (
  [timestamp] timestamp NOT NULL,
  [Name] nvarchar(50) NOT NULL,
  [Display Name] nvarchar(250) NOT NULL CONSTRAINT [MDF$Hybrid Company$Display Name] DEFAULT (N''),
  [Replicate] tinyint NOT NULL CONSTRAINT [MDF$Hybrid Company$Replicate] DEFAULT ((0)),
  [Estimated Size] decimal(38, 20) NOT NULL CONSTRAINT [MDF$Hybrid Company$Estimated Size] DEFAULT ((0)),
  [Company Initialization Status] int NOT NULL CONSTRAINT [MDF$Hybrid Company$Init Status] DEFAULT ((0)),
  [Company Initialization Failure] image NULL,
  [Company Initialization Task] uniqueidentifier NOT NULL
    CONSTRAINT [MDF$Hybrid Company$Init Task] DEFAULT ('00000000-0000-0000-0000-000000000000'),
  CONSTRAINT [Hybrid Company$58623bfa-0559-4bc2-ae1c-0979c29fd9e0$Key1] PRIMARY KEY CLUSTERED ([Name])
);
CREATE TABLE [dbo].[Hybrid Replication Detail$58623bfa-0559-4bc2-ae1c-0979c29fd9e0] (
  [timestamp] timestamp NOT NULL,
  [Run ID] nvarchar(50) NOT NULL,
  [Table Name] nvarchar(250) NOT NULL,
  [Company Name] nvarchar(250) NOT NULL,
  [Start Time] datetime NOT NULL CONSTRAINT [MDF$Hybrid Replication Detail$Start Time] DEFAULT ('1753.01.01'),
  [End Time] datetime NOT NULL CONSTRAINT [MDF$Hybrid Replication Detail$End Time] DEFAULT ('1753.01.01'),
  [Status] int NOT NULL CONSTRAINT [MDF$Hybrid Replication Detail$Status] DEFAULT ((0)),
  [Error Code] nvarchar(10) NOT NULL CONSTRAINT [MDF$Hybrid Replication Detail$Error Code] DEFAULT (N''),
  [Error Message] nvarchar(2048) NOT NULL CONSTRAINT [MDF$Hybrid Replication Detail$Error Message] DEFAULT (N''),
  [Records Copied] int NOT NULL CONSTRAINT [MDF$Hybrid Replication Detail$Records Copied] DEFAULT ((0)),
  [Total Records] int NOT NULL CONSTRAINT [MDF$Hybrid Replication Detail$Total Records] DEFAULT ((0)),
  CONSTRAINT [Hybrid Replication Detail$58623bfa-0559-4bc2-ae1c-0979c29fd9e0$Key1]
    PRIMARY KEY CLUSTERED ([Run ID], [Table Name], [Company Name])
);
CREATE TABLE [dbo].[Replication Record Link Buffer$58623bfa-0559-4bc2-ae1c-0979c29fd9e0] (
  [timestamp] timestamp NOT NULL,
  [Link ID] int IDENTITY(1,1) NOT NULL,
  [Record ID] varbinary(448) NOT NULL,
  [URL1] nvarchar(2048) NOT NULL CONSTRAINT [MDF$Record Link Buffer$URL1] DEFAULT (N''),
  [Description] nvarchar(250) NOT NULL CONSTRAINT [MDF$Record Link Buffer$Description] DEFAULT (N''),
  [Company] nvarchar(30) NOT NULL CONSTRAINT [MDF$Record Link Buffer$Company] DEFAULT (N''),
  CONSTRAINT [Replication Record Link Buffer$58623bfa-0559-4bc2-ae1c-0979c29fd9e0$Key1]
    PRIMARY KEY CLUSTERED ([Link ID], [Company])
);
CREATE TABLE [dbo].[User Mapping Source$58623bfa-0559-4bc2-ae1c-0979c29fd9e0] (
  [timestamp] timestamp NOT NULL,
  [User Security ID] uniqueidentifier NOT NULL,
  [Authentication Object ID] nvarchar(80) NOT NULL CONSTRAINT [MDF$User Mapping Source$Object ID] DEFAULT (N''),
  [Name Identifier] nvarchar(250) NOT NULL CONSTRAINT [MDF$User Mapping Source$Name Identifier] DEFAULT (N''),
  [User ID] nvarchar(50) NOT NULL CONSTRAINT [MDF$User Mapping Source$User ID] DEFAULT (N''),
  [Authentication Email] nvarchar(50) NOT NULL CONSTRAINT [MDF$User Mapping Source$Email] DEFAULT (N''),
  CONSTRAINT [User Mapping Source$58623bfa-0559-4bc2-ae1c-0979c29fd9e0$PK] PRIMARY KEY CLUSTERED ([User Security ID])
);
GO
CREATE TABLE [dbo].[User] (
  [timestamp] timestamp NOT NULL,
  [User Security ID] uniqueidentifier NOT NULL,
  [User Name] nvarchar(50) NOT NULL CONSTRAINT [MDF$User$User Name] DEFAULT (N''),
  [State] int NOT NULL CONSTRAINT [MDF$User$State] DEFAULT ((0)),
  [Authentication Email] nvarchar(250) NOT NULL CONSTRAINT [MDF$User$Authentication Email] DEFAULT (N''),
  CONSTRAINT [User$Key1] PRIMARY KEY CLUSTERED ([User Security ID])
);
CREATE TABLE [dbo].[Tenant Media] (
  [timestamp] timestamp NOT NULL,
  [ID] uniqueidentifier NOT NULL,
  [Description] nvarchar(100) NOT NULL CONSTRAINT [MDF$Tenant Media$Description] DEFAULT (N''),
  [Content] varbinary(max) NULL,
  [Mime Type] nvarchar(100) NOT NULL CONSTRAINT [MDF$Tenant Media$Mime Type] DEFAULT (N''),
  CONSTRAINT [Tenant Media$Key1] PRIMARY KEY CLUSTERED ([ID])
);
CREATE TABLE [dbo].[Record Link] (
  [timestamp] timestamp NOT NULL,
  [Link ID] int IDENTITY(1,1) NOT NULL,
  [Record ID] varbinary(448) NOT NULL,
  [URL1] nvarchar(2048) NOT NULL CONSTRAINT [MDF$Record Link$URL1] DEFAULT (N''),
  [Company] nvarchar(30) NOT NULL CONSTRAINT [MDF$Record Link$Company] DEFAULT (N''),
  CONSTRAINT [Record Link$Key1] PRIMARY KEY CLUSTERED ([Link ID])
);
GO
CREATE TABLE [dbo].[Upgrade Tags$63ca2fa4-4f03-4f2b-a480-172fef340d3f] (
  [timestamp] timestamp NOT NULL,
  [Tag] nvarchar(250) NOT NULL,
  [Company] nvarchar(30) NOT NULL,
  [Tag Timestamp] datetime NOT NULL CONSTRAINT [MDF$Upgrade Tags$Tag Timestamp] DEFAULT ('1753.01.01'),
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$Upgrade Tags$$systemId] DEFAULT (NEWID()),
  CONSTRAINT [Upgrade Tags$63ca2fa4-4f03-4f2b-a480-172fef340d3f$Key1] PRIMARY KEY CLUSTERED ([Tag], [Company])
);
CREATE TABLE [dbo].[Email Account$63ca2fa4-4f03-4f2b-a480-172fef340d3f] (
  [timestamp] timestamp NOT NULL,
  [Account Id] uniqueidentifier NOT NULL,
  [Name] nvarchar(250) NOT NULL CONSTRAINT [MDF$Email Account$Name] DEFAULT (N''),
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$Email Account$$systemId] DEFAULT (NEWID()),
  CONSTRAINT [Email Account$63ca2fa4-4f03-4f2b-a480-172fef340d3f$Key1] PRIMARY KEY CLUSTERED ([Account Id])
);
CREATE TABLE [dbo].[Loyalty Program$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] (
  [timestamp] timestamp NOT NULL,
  [Code] nvarchar(20) COLLATE Latin1_General_100_CS_AS NOT NULL,
  [Description] nvarchar(100) NOT NULL CONSTRAINT [MDF$Loyalty Program$Description] DEFAULT (N''),
  [Valid Until] datetime NOT NULL CONSTRAINT [MDF$Loyalty Program$Valid Until] DEFAULT ('1753.01.01'),
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$Loyalty Program$$systemId] DEFAULT (NEWID()),
  CONSTRAINT [Loyalty Program$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41$Key1] PRIMARY KEY CLUSTERED ([Code])
);
GO
-- The tables of a company.
CREATE TABLE [dbo].[CRONUS USA, Inc_$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972] (
  [timestamp] timestamp NOT NULL,
  [No_] nvarchar(20) NOT NULL,
  [Name] nvarchar(100) NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Customer$Name] DEFAULT (N''),
  [Search Name] nvarchar(100) NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Customer$Search Name] DEFAULT (N''),
  [City] nvarchar(50) NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Customer$City] DEFAULT (N''),
  [Credit Limit (LCY)] decimal(38, 20) NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Customer$Credit Limit] DEFAULT ((0)),
  [Blocked] int NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Customer$Blocked] DEFAULT ((0)),
  [Last Date Modified] datetime NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Customer$Modified] DEFAULT ('1753.01.01'),
  [Picture] varbinary(max) NULL,
  [Registration Number] nvarchar(50) NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Customer$Registration] DEFAULT (N''),
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Customer$$systemId] DEFAULT (NEWID()),
  [$systemCreatedAt] datetime NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Customer$$createdAt] DEFAULT ('1753.01.01'),
  [$systemModifiedAt] datetime NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Customer$$modifiedAt] DEFAULT ('1753.01.01'),
  CONSTRAINT [CRONUS USA, Inc_$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972$Key1] PRIMARY KEY CLUSTERED ([No_])
);
CREATE TABLE [dbo].[CRONUS USA, Inc_$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972$ext] (
  [timestamp] timestamp NOT NULL,
  [No_] nvarchar(20) NOT NULL,
  [Points$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] int NOT NULL
    CONSTRAINT [MDF$CRONUS USA, Inc_$Customer$ext$Points] DEFAULT ((0)),
  CONSTRAINT [CRONUS USA, Inc_$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972$ext$Key1] PRIMARY KEY CLUSTERED ([No_])
);
CREATE TABLE [dbo].[CRONUS USA, Inc_$Item$437dbf0e-84ff-417a-965d-ed2bb9650972] (
  [timestamp] timestamp NOT NULL,
  [No_] nvarchar(20) NOT NULL,
  [Description] nvarchar(100) NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Item$Description] DEFAULT (N''),
  [Unit Price] decimal(38, 20) NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Item$Unit Price] DEFAULT ((0)),
  [Blocked] tinyint NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Item$Blocked] DEFAULT ((0)),
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Item$$systemId] DEFAULT (NEWID()),
  CONSTRAINT [CRONUS USA, Inc_$Item$437dbf0e-84ff-417a-965d-ed2bb9650972$Key1] PRIMARY KEY CLUSTERED ([No_])
);
CREATE TABLE [dbo].[CRONUS USA, Inc_$G_L Entry$437dbf0e-84ff-417a-965d-ed2bb9650972] (
  [timestamp] timestamp NOT NULL,
  [Entry No_] int NOT NULL,
  [G_L Account No_] nvarchar(20) NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$G_L Entry$Account] DEFAULT (N''),
  [Posting Date] datetime NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$G_L Entry$Date] DEFAULT ('1753.01.01'),
  [Amount] decimal(38, 20) NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$G_L Entry$Amount] DEFAULT ((0)),
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$G_L Entry$$systemId] DEFAULT (NEWID()),
  CONSTRAINT [CRONUS USA, Inc_$G_L Entry$437dbf0e-84ff-417a-965d-ed2bb9650972$Key1] PRIMARY KEY CLUSTERED ([Entry No_])
);
CREATE TABLE [dbo].[CRONUS USA, Inc_$Sales Header$437dbf0e-84ff-417a-965d-ed2bb9650972] (
  [timestamp] timestamp NOT NULL,
  [Document Type] int NOT NULL,
  [No_] nvarchar(20) NOT NULL,
  [Sell-to Customer No_] nvarchar(20) NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Sales Header$Customer] DEFAULT (N''),
  [Order Date] datetime NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Sales Header$Date] DEFAULT ('1753.01.01'),
  [$systemId] uniqueidentifier NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Sales Header$$systemId] DEFAULT (NEWID()),
  CONSTRAINT [CRONUS USA, Inc_$Sales Header$437dbf0e-84ff-417a-965d-ed2bb9650972$Key1]
    PRIMARY KEY CLUSTERED ([Document Type], [No_])
);
CREATE TABLE [dbo].[CRONUS USA, Inc_$Payment Terms$437dbf0e-84ff-417a-965d-ed2bb9650972] (
  [timestamp] timestamp NOT NULL,
  [Code] nvarchar(10) NOT NULL,
  [Discount _] decimal(38, 20) NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Payment Terms$Discount] DEFAULT ((0)),
  CONSTRAINT [CRONUS USA, Inc_$Payment Terms$437dbf0e-84ff-417a-965d-ed2bb9650972$Key1] PRIMARY KEY CLUSTERED ([Code])
);
CREATE TABLE [dbo].[CRONUS USA, Inc_$Report Inbox$437dbf0e-84ff-417a-965d-ed2bb9650972] (
  [timestamp] timestamp NOT NULL,
  [Entry No_] int IDENTITY(1,1) NOT NULL,
  [Report Output] varbinary(max) NULL,
  CONSTRAINT [CRONUS USA, Inc_$Report Inbox$437dbf0e-84ff-417a-965d-ed2bb9650972$Key1] PRIMARY KEY CLUSTERED ([Entry No_])
);
CREATE TABLE [dbo].[CRONUS USA, Inc_$Loyalty Import$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] (
  [Line] int NOT NULL,
  [Text] nvarchar(250) NOT NULL
);
CREATE TABLE [dbo].[CRONUS USA, Inc_$Loyalty Entry$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] (
  [timestamp] timestamp NOT NULL,
  [Entry No_] bigint IDENTITY(1,1) NOT NULL,
  [Amount] decimal(38, 20) NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Loyalty Entry$Amount] DEFAULT ((0)),
  [Posted At] datetime NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Loyalty Entry$Posted At] DEFAULT ('1753.01.01'),
  [Session] uniqueidentifier NOT NULL
    CONSTRAINT [MDF$CRONUS USA, Inc_$Loyalty Entry$Session] DEFAULT ('00000000-0000-0000-0000-000000000000'),
  [Text] nvarchar(250) NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Loyalty Entry$Text] DEFAULT (N''),
  [Code] nvarchar(20) COLLATE Latin1_General_100_CS_AS NOT NULL
    CONSTRAINT [MDF$CRONUS USA, Inc_$Loyalty Entry$Code] DEFAULT (N''),
  [Voided] tinyint NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Loyalty Entry$Voided] DEFAULT ((0)),
  [Content] varbinary(max) NULL,
  [. " \ / ' % ]] [ $ 🙂] int NOT NULL CONSTRAINT [MDF$CRONUS USA, Inc_$Loyalty Entry$All] DEFAULT ((0)),
  [Pages] AS (CAST([Entry No_] / 10 AS bigint)),
  CONSTRAINT [CRONUS USA, Inc_$Loyalty Entry$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41$Key1] PRIMARY KEY CLUSTERED ([Entry No_])
);
CREATE TABLE [dbo].[CRONUS USA, Inc_$Shelf Label$d94e3a17-0b5c-4c8e-a1f2-6b7c8d9e0f13] (
  [timestamp] timestamp NOT NULL,
  [Code] nvarchar(20) NOT NULL,
  CONSTRAINT [CRONUS USA, Inc_$Shelf Label$d94e3a17-0b5c-4c8e-a1f2-6b7c8d9e0f13$Key1] PRIMARY KEY CLUSTERED ([Code])
);
GO
-- The tables of a company: the totals of a ledger, which the platform keeps in an indexed view.
CREATE VIEW [dbo].[CRONUS USA, Inc_$G_L Entry$437dbf0e-84ff-417a-965d-ed2bb9650972$VSIFT$Key2] WITH SCHEMABINDING AS
SELECT [G_L Account No_], [Posting Date], COUNT_BIG(*) AS [$Cnt], SUM([Amount]) AS [SUM$Amount]
FROM [dbo].[CRONUS USA, Inc_$G_L Entry$437dbf0e-84ff-417a-965d-ed2bb9650972]
GROUP BY [G_L Account No_], [Posting Date];
GO
-- The tables of a company: what makes the view an indexed one.
CREATE UNIQUE CLUSTERED INDEX [VSIFTIDX]
ON [dbo].[CRONUS USA, Inc_$G_L Entry$437dbf0e-84ff-417a-965d-ed2bb9650972$VSIFT$Key2] ([G_L Account No_], [Posting Date]);
GO
-- The tables of a company aside, a table of the whole database that is large at the source.
CREATE TABLE [dbo].[Loyalty Document$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41] (
  [timestamp] timestamp NOT NULL,
  [Code] nvarchar(20) NOT NULL,
  [Content] varbinary(max) NULL,
  CONSTRAINT [Loyalty Document$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41$Key1] PRIMARY KEY CLUSTERED ([Code])
);
GO
-- What the platform lists: tables of installed apps whose property ReplicateData is true. Email accounts are not.
INSERT INTO [dbo].[Intelligent Cloud Status] ([Table Name], [Company Name], [Replicate Data], [Preserve Cloud Data])
VALUES
  (N'Tenant Media', N'', 1, 1),
  (N'Upgrade Tags$63ca2fa4-4f03-4f2b-a480-172fef340d3f', N'', 1, 1),
  (N'Loyalty Program$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41', N'', 1, 1),
  (N'CRONUS USA, Inc_$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972', N'CRONUS USA, Inc.', 1, 0),
  (N'CRONUS USA, Inc_$Item$437dbf0e-84ff-417a-965d-ed2bb9650972', N'CRONUS USA, Inc.', 1, 0),
  (N'CRONUS USA, Inc_$G_L Entry$437dbf0e-84ff-417a-965d-ed2bb9650972', N'CRONUS USA, Inc.', 1, 0),
  (N'CRONUS USA, Inc_$Sales Header$437dbf0e-84ff-417a-965d-ed2bb9650972', N'CRONUS USA, Inc.', 1, 0),
  (N'CRONUS USA, Inc_$Payment Terms$437dbf0e-84ff-417a-965d-ed2bb9650972', N'CRONUS USA, Inc.', 1, 0),
  (N'CRONUS USA, Inc_$Report Inbox$437dbf0e-84ff-417a-965d-ed2bb9650972', N'CRONUS USA, Inc.', 0, 0),
  (N'Loyalty Document$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41', N'', 1, 0),
  (N'CRONUS USA, Inc_$Loyalty Entry$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41', N'CRONUS USA, Inc.', 1, 0),
  (N'CRONUS USA, Inc_$Loyalty Import$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41', N'CRONUS USA, Inc.', 1, 0),
  (N'CRONUS USA, Inc_$Shelf Label$d94e3a17-0b5c-4c8e-a1f2-6b7c8d9e0f13', N'CRONUS USA, Inc.', 1, 0);
