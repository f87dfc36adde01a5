/** Why a table is copied as it is, or not at all: each code with what it means for every table that has it. Pure. */

/** Business Central's codes of a table that is missing, is of another kind, or has other columns online. */
export const leftOutCodes = ['50004', '50005', '50011'] as const;
export type LeftOutCode = (typeof leftOutCodes)[number];

/** Codes are stable; texts may improve. */
export const reasons = {
  ChangesTracked: 'Changes are tracked by the primary key.',
  NoPrimaryKey: 'Without a primary key, changes cannot be tracked.',
  MediaPreserved: 'Media that exist online stay.',
  UpgradeTags: 'Upgrade tags are always those of the source.',
  CloudDataPreserved: 'Data that exists online stays.',
  CloudDataOfCompany: 'Preserving cloud data is not supported for the data of a company.',
  CompanyNotSelected: 'The company is not selected.',
  OutsideSchema: 'The table is outside the schema dbo, where Business Central keeps its tables.',
  PlatformTable: 'The table belongs to the platform, or to no company and no app.',
  UserTable: 'Users go to the buffer from which the client maps them.',
  MigrationTable: 'The table steers the migration itself.',
  AppNotInstalled: 'Its app is not installed online.',
  MovedAndEmpty: 'The table has moved and is empty.',
  TurnedOff: 'Replication of the table is turned off online.',
  NotListed: 'The environment does not list the table: its property ReplicateData is false.',
  NoCommonColumn: 'No column exists on both sides.',
  FilledByAnother: 'Another table fills the one online already.',
  MicrosoftTarget: 'A table of Microsoft takes its own data only.',
  '50004': 'The table does not exist online, or not at the source for a mapping.',
  '50005': 'The table is of a company on one side and of the whole database on the other.',
  '50011': 'The definitions on both sides do not fit together.',
} as const satisfies Record<LeftOutCode, string> & Record<string, string>;

export type ReasonCode = keyof typeof reasons;
export const reasonCodes = Object.keys(reasons) as [ReasonCode, ...ReasonCode[]];

export function isLeftOutCode(code: ReasonCode): code is LeftOutCode {
  return (leftOutCodes as readonly string[]).includes(code);
}
