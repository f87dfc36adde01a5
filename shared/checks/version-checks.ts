/** Checks of application versions, and of what databases are already used for. */
import { quoteName } from '../sql/quote-name.ts';
import { articles } from './articles.ts';
import { judge, unread } from './check.ts';
import type { Check, CheckInput, Finding } from './check.ts';
import type { Gap } from './probe.ts';
import { majorOf } from './versions.ts';

export const versionChecks: readonly Check[] = [
  {
    id: 'VER-01',
    title: 'The source states its application version',
    target: 'source',
    severity: 'blocks',
    code: '50017',
    rule: '`[$ndo$tenantdatabaseproperty].[applicationversion]`: a version.',
    why: 'It decides which product fits, and which code upgrades the data online.',
    mendedBy: 'caller',
    documentation: articles.troubleshooting,
    evaluate: ({ source: { applicationVersion, user, unmeasured } }) =>
      statedVersion(applicationVersion, unmeasured['applicationVersion'], {
        remedy: 'Set it with Set-NAVApplication -ApplicationVersion and synchronize the tenant.',
        sql: 'SELECT [applicationversion] FROM [dbo].[$ndo$tenantdatabaseproperty];',
        user,
      }),
  },
  {
    id: 'VER-02',
    title: 'The versions of source and environment fit the product',
    target: 'source',
    severity: 'blocks',
    code: '50018',
    rule: '`DynamicsBC`: the same major version on both sides; `DynamicsBCLast`: an earlier one in the source.',
    why: 'Data of one version is not what the tables and the code of another expect.',
    mendedBy: 'caller',
    documentation: articles.troubleshooting,
    evaluate: productRule,
  },
  {
    id: 'VER-03',
    title: 'The source is not older than the oldest supported version',
    target: 'source',
    severity: 'blocks',
    code: '50017',
    rule: 'Major version: threshold `minimumSourceMajor`.',
    why: 'Data of older versions cannot be upgraded online.',
    mendedBy: 'caller',
    documentation: articles.onPremises,
    evaluate({ source, thresholds }) {
      const { applicationVersion } = source;
      if (!applicationVersion) return unread(undefined, 'The version of the source (VER-01)');
      const values = { measured: applicationVersion, expected: `${thresholds.minimumSourceMajor}.0 or later` };
      return judge(majorOf(applicationVersion) >= thresholds.minimumSourceMajor, values, {
        cause: 'Data of this version cannot be upgraded online.',
        remedy: `Upgrade the on-premises database to version ${thresholds.minimumSourceMajor} or later first. If that was done, the version was not written down: set it with Set-NAVApplication -ApplicationVersion and synchronize the tenant.`,
      });
    },
  },
  {
    id: 'VER-04',
    title: 'The environment is not set up for another migration',
    target: 'destination',
    severity: 'blocks',
    code: '50010',
    rule: '`[mig].[Environment]`: no mark, or that of this setup.',
    why: 'One environment takes data from one source at a time.',
    mendedBy: 'caller',
    documentation: articles.manage,
    evaluate({ destination, setupKey }) {
      if (destination.unmeasured['boundTo'] === 'denied') return unread('denied', 'The mark of a setup');
      const holder = holderOf(destination.boundTo, setupKey, 'set up');
      const values = { measured: holder.text, expected: 'not set up, or set up by this setup' };
      return judge(holder.isFree, values, {
        cause: 'One environment takes data from one source at a time.',
        remedy: `Delete the other setup if it is finished, or go on with that one. ${askOperator}`,
      });
    },
  },
  {
    id: 'VER-05',
    title: 'The source feeds no other environment',
    target: 'source',
    severity: 'warns',
    code: 'VER-05',
    rule: '`[mig].[Setup]` in the source: no mark, or that of this setup.',
    why: 'A migration keeps state in the source, so that two at a time disturb each other.',
    mendedBy: 'caller',
    documentation: articles.troubleshooting,
    evaluate({ source, setupKey }) {
      if (source.unmeasured['preparedFor'] === 'denied') return unread('denied', 'The mark of a setup');
      const holder = holderOf(source.preparedFor, setupKey, 'prepared');
      const values = { measured: holder.text, expected: 'not prepared, or prepared by this setup' };
      return judge(holder.isFree, values, {
        cause: 'A migration keeps state in the source, so that two at a time disturb each other.',
        remedy: `Delete the other setup if it has failed or is finished; if it still runs, restore a backup of the source and use that. ${askOperator}`,
      });
    },
  },
  {
    id: 'VER-06',
    title: 'The environment states its application version',
    target: 'destination',
    severity: 'blocks',
    code: 'VER-06',
    rule: '`[$ndo$tenantdatabaseproperty].[applicationversion]`: a version.',
    why: 'Without it nobody can tell whether the source fits.',
    mendedBy: 'operator',
    documentation: articles.prerequisites,
    evaluate: ({ destination: { applicationVersion, user, unmeasured } }) =>
      statedVersion(applicationVersion, unmeasured['applicationVersion'], {
        remedy: "Check that the directory names the environment's own database.",
        user,
      }),
  },
];

const askOperator = 'If it is not one of yours, ask the operator of the service.';

/** Says whose mark a database carries, and nothing of a stranger. */
function holderOf(mark: string | null, ownMark: string, deed: string) {
  if (mark === null) return { isFree: true, text: `not ${deed}` };
  return mark === ownMark
    ? { isFree: true, text: `${deed} by this setup` }
    : { isFree: false, text: `${deed} by another setup` };
}

function statedVersion(
  version: string | null,
  gap: Gap | undefined,
  { remedy, sql, user }: { readonly remedy: string; readonly sql?: string; readonly user: string },
): Finding {
  const values = { measured: version || (gap ?? 'none'), expected: 'a version such as 25.0' };
  if (gap === 'denied') {
    return judge(false, values, {
      cause: 'The table [$ndo$tenantdatabaseproperty] may not be read, or there is none.',
      remedy: 'Grant the right to read it.',
      sql: `GRANT SELECT ON [dbo].[$ndo$tenantdatabaseproperty] TO ${quoteName(user)};`,
    });
  }
  const cause =
    gap === 'absent'
      ? 'There is no table [$ndo$tenantdatabaseproperty]: the database is not that of a tenant.'
      : 'The table [$ndo$tenantdatabaseproperty] holds no application version.';
  // A version that nobody has set is all zeros.
  const isStated = /^\d+\.\d+/.test(version ?? '') && !/^[0.]+$/.test(version ?? '');
  return judge(isStated, values, { cause, remedy, ...(sql === undefined ? {} : { sql }) });
}

function productRule({ product, source, destination }: CheckInput): Finding {
  const { applicationVersion: from } = source;
  const { applicationVersion: to } = destination;
  if (!from || !to) return unread(undefined, 'The version of a side (VER-01, VER-06)');
  const isSame = product === 'DynamicsBC';
  const values = {
    measured: `source ${from}, environment ${to}`,
    expected: isSame ? 'the same major version on both sides' : 'a source of an earlier major version',
  };
  const fits = isSame ? majorOf(from) === majorOf(to) : majorOf(from) < majorOf(to);
  const remedies = {
    older: 'Choose the product DynamicsBCLast, or upgrade the source to the version of the environment.',
    same: 'Choose the product DynamicsBC.',
    newer: 'Update the environment to the version of the source or a later one.',
  };
  return judge(fits, values, {
    cause: `The product ${product} does not fit these versions; ${isSame ? 'DynamicsBCLast' : 'DynamicsBC'} has another rule.`,
    remedy: remedies[majorOf(from) < majorOf(to) ? 'older' : majorOf(from) > majorOf(to) ? 'newer' : 'same'],
  });
}
