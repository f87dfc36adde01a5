/** Checks of application versions, extensions and what databases are already used for. */
import type { Check, CheckInput, Finding } from './check.ts';

const administration = 'https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration';
const prerequisites = `${administration}/cloud-migration-prerequisites`;
const troubleshooting = `${administration}/migration-troubleshooting`;
const planning = `${administration}/cloud-migration-plan-prepare`;

const intelligentCloudBase = '58623bfa-0559-4bc2-ae1c-0979c29fd9e0';

export const versionChecks: readonly Check[] = [
  {
    id: 'VER-01',
    title: 'The source states its application version',
    target: 'source',
    severity: 'blocks',
    code: '50017',
    documentation: troubleshooting,
    evaluate: ({ source }) =>
      statedVersion(source.applicationVersion, {
        cause: 'The table [$ndo$tenantdatabaseproperty] holds no application version, or the login may not read it.',
        remedy:
          'Set it with Set-NAVApplication -ApplicationVersion and synchronize the tenant; check the rights of the login (AUT-03).',
        sql: 'SELECT [applicationversion] FROM [dbo].[$ndo$tenantdatabaseproperty];',
      }),
  },
  {
    id: 'VER-02',
    title: 'The versions of source and environment fit the product',
    target: 'source',
    severity: 'blocks',
    code: '50018',
    documentation: troubleshooting,
    evaluate: productRule,
  },
  {
    id: 'VER-03',
    title: 'The source is not older than the oldest supported version',
    target: 'source',
    severity: 'blocks',
    code: '50017',
    documentation: `${administration}/migrate-business-central-on-premises`,
    evaluate({ source, thresholds }) {
      if (!source.applicationVersion)
        return { status: 'skipped', cause: 'The version of the source is unknown (VER-01).' };
      const expected = `${thresholds.minimumSourceMajor}.0 or later`;
      if (majorOf(source.applicationVersion) >= thresholds.minimumSourceMajor) {
        return { status: 'passed', measured: source.applicationVersion, expected };
      }
      return {
        status: 'failed',
        measured: source.applicationVersion,
        expected,
        cause: 'Data of this version cannot be upgraded online.',
        remedy: `Upgrade the on-premises database to version ${thresholds.minimumSourceMajor} or later first.`,
      };
    },
  },
  {
    id: 'VER-04',
    title: 'The environment is not set up for another migration',
    target: 'destination',
    severity: 'blocks',
    code: '50010',
    documentation: `${administration}/migration-manage`,
    evaluate({ destination, setupKey }) {
      const expected = 'not set up, or set up by this setup';
      const measured = holderOf(destination.boundTo, setupKey, 'set up');
      if (measured.isFree) return { status: 'passed', measured: measured.text, expected };
      return {
        status: 'failed',
        measured: measured.text,
        expected,
        cause: 'One environment takes data from one source at a time.',
        remedy: `Delete the other setup if it is finished, or go on with that one. ${askOperator}`,
      };
    },
  },
  {
    id: 'VER-05',
    title: 'The source feeds no other environment',
    target: 'source',
    severity: 'warns',
    code: 'VER-05',
    documentation: troubleshooting,
    evaluate({ source, setupKey }) {
      const expected = 'not prepared, or prepared by this setup';
      const measured = holderOf(source.preparedFor, setupKey, 'prepared');
      if (measured.isFree) return { status: 'passed', measured: measured.text, expected };
      return {
        status: 'failed',
        measured: measured.text,
        expected,
        cause: 'A migration keeps state in the source, so that two at a time disturb each other.',
        remedy: `Delete the other setup if it has failed or is finished; if it still runs, restore a backup of the source and use that. ${askOperator}`,
      };
    },
  },
  {
    id: 'VER-06',
    title: 'The environment states its application version',
    target: 'destination',
    severity: 'blocks',
    code: 'VER-06',
    documentation: prerequisites,
    evaluate: ({ destination }) =>
      statedVersion(destination.applicationVersion, {
        cause: 'The table [$ndo$tenantdatabaseproperty] holds no application version, or the identity may not read it.',
        remedy: "Check that the setup names the environment's own database, and the rights there (AUT-06).",
      }),
  },
  {
    id: 'EXT-01',
    title: "The source's extensions are installed online, in the same version or a later one",
    target: 'destination',
    severity: 'warns',
    code: 'EXT-01',
    documentation: planning,
    evaluate: sourceExtensionsOnline,
  },
  {
    id: 'EXT-03',
    title: 'Extensions that are installed online are also on-premises',
    target: 'source',
    severity: 'informs',
    code: 'EXT-03',
    documentation: planning,
    evaluate({ source, destination }) {
      if (!source.extensions || !destination.extensions) return unreadableExtensions;
      const known = new Set(source.extensions.map(({ appId }) => appId));
      const extra = destination.extensions.filter(({ appId }) => !known.has(appId)).map(({ name }) => name);
      const expected = 'none beside those of the source';
      if (extra.length === 0) return { status: 'passed', measured: 'none', expected };
      return {
        status: 'failed',
        measured: listNames(extra),
        expected,
        cause: 'There is no data for these extensions to migrate.',
        remedy: 'Nothing to do if that is intended. Their data must be entered online after the migration.',
      };
    },
  },
  {
    id: 'EXT-04',
    title: 'The cloud migration app is installed online',
    target: 'destination',
    severity: 'warns',
    code: 'EXT-04',
    documentation: prerequisites,
    evaluate({ destination }) {
      if (!destination.extensions) return unreadableExtensions;
      const app = destination.extensions.find(({ appId }) => appId === intelligentCloudBase);
      const expected = 'Intelligent Cloud Base installed';
      if (app) return { status: 'passed', measured: `${app.name} ${app.version}`, expected };
      return {
        status: 'failed',
        measured: 'not installed',
        expected,
        cause: 'Without the app, the environment shows neither companies nor progress of the migration.',
        remedy: 'Install Intelligent Cloud Base, then Business Central Intelligent Cloud, from Extension Management.',
      };
    },
  },
];

/** Compares versions part by part; a missing part counts as 0. Negative: `left` is older. */
export function compareVersions(left: string, right: string): number {
  const leftParts = left.split('.').map(Number);
  const rightParts = right.split('.').map(Number);
  for (let index = 0; index < Math.max(leftParts.length, rightParts.length); index += 1) {
    const difference = (leftParts[index] ?? 0) - (rightParts[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const askOperator = 'If it is not one of yours, ask the operator of the service.';

/** Says whose mark a database carries, and nothing of a stranger. */
function holderOf(mark: string | null, ownMark: string, deed: string) {
  if (mark === null) return { isFree: true, text: `not ${deed}` };
  return mark === ownMark
    ? { isFree: true, text: `${deed} by this setup` }
    : { isFree: false, text: `${deed} by another setup` };
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

function statedVersion(
  version: string | null,
  failure: { readonly cause: string; readonly remedy: string; readonly sql?: string },
): Finding {
  const expected = 'a version such as 25.0';
  if (/^\d+\.\d+/.test(version ?? '')) return { status: 'passed', measured: version ?? '', expected };
  return { status: 'failed', measured: version || 'none', expected, ...failure };
}

function productRule({ product, source, destination }: CheckInput): Finding {
  const { applicationVersion: from } = source;
  const { applicationVersion: to } = destination;
  if (!from || !to) return { status: 'skipped', cause: 'A version is unknown (VER-01, VER-06).' };
  const measured = `source ${from}, environment ${to}`;
  const expected =
    product === 'DynamicsBC' ? 'the same major version on both sides' : 'a source of an earlier major version';
  const fits = product === 'DynamicsBC' ? majorOf(from) === majorOf(to) : majorOf(from) < majorOf(to);
  if (fits) return { status: 'passed', measured, expected };
  const other = product === 'DynamicsBC' ? 'DynamicsBCLast' : 'DynamicsBC';
  const remedies = {
    older: 'Choose the product DynamicsBCLast, or upgrade the source to the version of the environment.',
    same: 'Choose the product DynamicsBC.',
    newer: 'Update the environment to the version of the source or a later one.',
  };
  return {
    status: 'failed',
    measured,
    expected,
    cause: `The product ${product} does not fit these versions; ${other} has another rule.`,
    remedy: remedies[majorOf(from) < majorOf(to) ? 'older' : majorOf(from) > majorOf(to) ? 'newer' : 'same'],
  };
}

const unreadableExtensions: Finding = { status: 'skipped', cause: 'The installed extensions cannot be read.' };

function sourceExtensionsOnline({ source, destination }: CheckInput): Finding {
  if (!source.extensions || !destination.extensions) return unreadableExtensions;
  const online = new Map(destination.extensions.map(({ appId, version }) => [appId, version]));
  const lacking = source.extensions.filter(
    ({ appId, version }) => compareVersions(online.get(appId) ?? '0', version) < 0,
  );
  const expected = 'every extension of the source, in its version or a later one';
  if (lacking.length === 0) return { status: 'passed', measured: `${source.extensions.length} installed`, expected };
  return {
    status: 'failed',
    measured: listNames(lacking.map((extension) => `${extension.name} ${extension.version}`)),
    expected,
    cause: 'Tables of an extension that is not installed online are not migrated.',
    remedy: 'Install or update these extensions online before the first replication, if their data is wanted.',
  };
}

const shownNames = 20;

function listNames(names: readonly string[]): string {
  const rest = names.length - shownNames;
  return names.slice(0, shownNames).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
