/** Two databases of which every check is content. */
import type { CheckInput } from '../../shared/checks/check.ts';
import { besideProbes } from './measured.ts';

export const base = { appId: '437dbf0e-84ff-417a-965d-ed2bb9650972', name: 'Base Application', publisher: 'Microsoft' };
export const migrationApps = [
  { appId: '58623bfa-0559-4bc2-ae1c-0979c29fd9e0', name: 'Intelligent Cloud Base' },
  { appId: '334ef79e-547e-4631-8ba1-7a7f18e14de6', name: 'Business Central Intelligent Cloud' },
  { appId: '6992416f-3f39-4d3c-8242-3fff61350bea', name: 'Business Central Cloud Migration - Previous Release' },
].map((app) => ({ ...app, publisher: 'Microsoft', version: '26.3.200.0' }));

export const ownMark = besideProbes.setupKey;

export const healthy: CheckInput = {
  ...besideProbes,
  source: {
    database: 'BC]250',
    productVersion: '15.0.4345.5',
    engineEdition: 2,
    edition: 'Standard Edition (64-bit)',
    compatibilityLevel: 130,
    collation: 'Latin1_General_100_CI_AS',
    state: 'ONLINE',
    isReadOnly: false,
    userAccess: 'MULTI_USER',
    recoveryModel: 'FULL',
    updatesStatistics: true,
    changeTrackingOn: true,
    changeTrackingRetentionDays: 3,
    changeTrackingAutoCleanup: true,
    applicationVersion: '25.0.100.0',
    preparedFor: ownMark,
    extensions: [{ ...base, version: '25.0.100.0' }],
    login: 'migration',
    user: 'dbo',
    loginDays: null,
    isSysadmin: true,
    hasControl: true,
    missingRights: [],
    seesChanges: true,
    seesDefinitions: true,
    seesState: true,
    tableCount: 10_000,
    tablePrefixes: [
      { prefix: 'cronus international ltd_', tables: 2 },
      { prefix: 'CRONUS _LOCAL_ & Söhne$Sub', tables: 1 },
    ],
    tablesWithoutKey: [],
    largestMediaMegabytes: 20,
    mediaMegabytes: 350,
    fullBackupAgeHours: 7 * 24,
    statisticsAgeDays: 30,
    unmeasured: {},
  },
  storage: {
    delayedDurability: 'DISABLED',
    acceleratedRecovery: false,
    specialTables: [],
    oddNames: [],
    files: [
      { type: 'ROWS', unused: 24, growth: 1_000 },
      { type: 'LOG', unused: 1_024, growth: 0 },
    ],
    diskMegabytes: 1_000,
    unmeasured: {},
  },
  companies: [
    company('CRONUS International Ltd.', 'CRONUS International Ltd_'),
    company('CRONUS [LOCAL] & Söhne', 'CRONUS _LOCAL_ & Söhne'),
  ],
  destination: {
    database: 'tenant01',
    compatibilityLevel: 150,
    collation: 'SQL_Latin1_General_CP1_CI_AS',
    state: 'ONLINE',
    isReadOnly: false,
    applicationVersion: '26.3.200.0',
    boundTo: ownMark,
    extensions: [{ ...base, version: '26.3.200.0' }, ...migrationApps],
    tablesTurnedOff: [],
    triggers: [],
    user: 'factory',
    hasControl: true,
    usedGigabytes: 1,
    maximumGigabytes: 32,
    unmeasured: {},
  },
  secret: { isEnabled: true, daysLeft: 7 },
};

export function company(name: string, sqlName: string, sizeGigabytes: number | null = 1) {
  return { name, displayName: name, isEvaluation: false, sqlName, sizeGigabytes };
}
