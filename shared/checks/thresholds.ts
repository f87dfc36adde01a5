/** Limits that Microsoft's articles state differently, or that change with releases. Pure. */
import { z } from 'zod';

export const checkThresholdsSchema = z.object({
  minimumCompatibilityLevel: z.int().default(130),
  minimumSourceMajor: z.int().default(25),
  minimumRetentionDays: z.number().default(3),
  companyCountWarning: z.int().default(300),
  companySizeWarningGigabytes: z.number().default(50),
  tableCountWarning: z.int().default(10_000),
  backupAgeWarningDays: z.number().default(7),
  statisticsAgeWarningDays: z.number().default(30),
  sourceRoomWarningMegabytes: z.number().default(1024),
  runtimeSetupsWarning: z.int().default(5),
  runtimeMemoryWarningMegabytes: z.number().default(1024),
  runtimeProcessorWarningPercent: z.number().default(90),
  passwordWarningDays: z.number().default(14),
  secretWarningDays: z.number().default(7),
  mediaWarningMegabytes: z.number().default(350),
  largestMediaWarningMegabytes: z.number().default(20),
});
export type CheckThresholds = z.infer<typeof checkThresholdsSchema>;

/** Amounts and ages from which on a caller wants to be warned, which may be sooner than the service would. */
export const wantedThresholdsSchema = z.strictObject({
  companyCountWarning: z.int().positive().optional(),
  companySizeWarningGigabytes: z.number().positive().optional(),
  tableCountWarning: z.int().positive().optional(),
  backupAgeWarningDays: z.number().positive().optional(),
  statisticsAgeWarningDays: z.number().positive().optional(),
  mediaWarningMegabytes: z.number().positive().optional(),
  largestMediaWarningMegabytes: z.number().positive().optional(),
});
export type WantedThresholds = z.infer<typeof wantedThresholdsSchema>;

/** The thresholds of the service with those of a caller that are lower. */
export function strictest(service: CheckThresholds, wanted: WantedThresholds): CheckThresholds {
  const names = Object.keys(wanted) as (keyof WantedThresholds)[];
  const lower = names.map((name): [string, number] => [name, Math.min(wanted[name] ?? Infinity, service[name])]);
  return { ...service, ...Object.fromEntries(lower) };
}

/** Why each has the value that it has by default. */
export const thresholdReasons: Readonly<Record<keyof CheckThresholds, string>> = {
  minimumCompatibilityLevel: 'code 50001; the procedures use OPENJSON',
  minimumSourceMajor: "the documentation since March 2025; the client's own text still says 15",
  minimumRetentionDays: 'code 50020',
  companyCountWarning: 'the client warns at 300; articles name 10 and 250 for one batch',
  companySizeWarningGigabytes: 'the client warns at 50; an article recommends 30 a run',
  tableCountWarning: 'each table costs time in each run',
  backupAgeWarningDays: 'what a setup and replications write into the source is undone by a restore',
  statisticsAgeWarningDays: 'maintenance plans update statistics every week, at times every month',
  sourceRoomWarningMegabytes: 'change tracking keeps a row for each change, and each transaction goes through the log',
  runtimeSetupsWarning: 'articles advise against many migrations by one runtime, and name no number',
  runtimeMemoryWarningMegabytes: 'a node without memory fails the copies that it has begun',
  runtimeProcessorWarningPercent: 'a node that is busy takes jobs late',
  passwordWarningDays: 'a migration takes days, and its replications come back',
  secretWarningDays: 'a replay needs the password again',
  mediaWarningMegabytes: 'partners report that larger tables of media time out',
  largestMediaWarningMegabytes: 'partners report that larger fields are not copied',
};
