/** Checks of the extensions on both sides. */
import type { Product } from '../setup/setup.ts';
import { articles } from './articles.ts';
import { judge, listed, someOf, unread } from './check.ts';
import type { Check, CheckInput, Finding } from './check.ts';
import type { DestinationProbe, SourceProbe } from './probe.ts';
import { compareVersions } from './versions.ts';

export const extensionChecks: readonly Check[] = [
  {
    id: 'EXT-01',
    title: "The source's extensions are installed online, in the same version or a later one",
    target: 'destination',
    severity: 'warns',
    code: 'EXT-01',
    rule: '`[NAV App Installed App]` on both sides, by app id and version.',
    why: 'Tables of an extension that is not installed online are not migrated.',
    mendedBy: 'caller',
    documentation: articles.planning,
    evaluate: sourceExtensionsOnline,
  },
  {
    id: 'EXT-02',
    title: 'Every table that the environment lists is replicated',
    target: 'destination',
    severity: 'informs',
    code: 'EXT-02',
    rule: '`[Intelligent Cloud Status]`: tables whose replication is turned off. Nothing to do.',
    why: 'Their data is not migrated, as their app or somebody online decided.',
    mendedBy: 'caller',
    documentation: articles.planning,
    evaluate({ destination: { tablesTurnedOff, unmeasured } }) {
      const gap = unmeasured['tablesTurnedOff'];
      if (gap !== undefined) return unread(gap, 'The list of replicated tables');
      const expected = 'none turned off';
      if (tablesTurnedOff.length === 0) return { status: 'passed', measured: 'none', expected };
      const cause = 'These tables are left out, as their app or somebody online has decided.';
      return { status: 'nothingToDo', measured: someOf(tablesTurnedOff), expected, cause };
    },
  },
  {
    id: 'EXT-03',
    title: 'Extensions that are installed online are also on-premises',
    target: 'source',
    severity: 'informs',
    code: 'EXT-03',
    rule: '`[NAV App Installed App]` on both sides. Others online: nothing to do.',
    why: 'There is no data for them to migrate; it must be entered online.',
    mendedBy: 'caller',
    documentation: articles.planning,
    evaluate({ source, destination }) {
      if (!source.extensions || !destination.extensions) return unreadable(source, destination);
      const known = new Set(source.extensions.map(({ appId }) => appId));
      const extra = destination.extensions.filter(({ appId }) => !known.has(appId)).map(({ name }) => name);
      const expected = 'none beside those of the source';
      if (extra.length === 0) return { status: 'passed', measured: 'none', expected };
      const cause = 'There is no data for these extensions to migrate; what they need is entered online.';
      return { status: 'nothingToDo', measured: listed(extra), names: extra, expected, cause };
    },
  },
  {
    id: 'EXT-04',
    title: 'The cloud migration apps are installed online',
    target: 'destination',
    severity: 'warns',
    code: 'EXT-04',
    rule: '`[NAV App Installed App]`: 58623bfa-0559-4bc2-ae1c-0979c29fd9e0 and 334ef79e-547e-4631-8ba1-7a7f18e14de6, for `DynamicsBCLast` also 6992416f-3f39-4d3c-8242-3fff61350bea. The app of a country has no id in common and is not looked for.',
    why: 'Without them, the environment shows neither companies nor progress, and data of an earlier version is not upgraded.',
    mendedBy: 'caller',
    documentation: articles.prerequisites,
    evaluate({ product, destination: { extensions, unmeasured } }) {
      if (!extensions) return unread(unmeasured['extensions'], "The environment's list of extensions");
      const wanted = migrationAppsOf(product);
      const missing = [...wanted].filter(([id]) => !extensions.some(({ appId }) => appId === id));
      const values = {
        measured: missing.length === 0 ? 'installed' : `missing: ${missing.map(([, name]) => name).join(', ')}`,
        expected: `installed: ${[...wanted.values()].join(', ')}`,
      };
      return judge(missing.length === 0, values, {
        cause: 'Without these apps, the environment shows neither companies nor progress of the migration.',
        remedy: 'Install them from Extension Management, in the order in which they are listed.',
      });
    },
  },
];

/** Names by id, in the order in which they are installed. */
function migrationAppsOf(product: Product): ReadonlyMap<string, string> {
  return new Map([
    ['58623bfa-0559-4bc2-ae1c-0979c29fd9e0', 'Intelligent Cloud Base'],
    ['334ef79e-547e-4631-8ba1-7a7f18e14de6', 'Business Central Intelligent Cloud'],
    ...(product === 'DynamicsBCLast'
      ? ([['6992416f-3f39-4d3c-8242-3fff61350bea', 'Business Central Cloud Migration - Previous Release']] as const)
      : []),
  ]);
}

function unreadable(source: SourceProbe, destination: DestinationProbe): Finding {
  return source.extensions
    ? unread(destination.unmeasured['extensions'], "The environment's list of extensions")
    : unread(source.unmeasured['extensions'], "The source's list of extensions");
}

function sourceExtensionsOnline({ source, destination }: CheckInput): Finding {
  if (!source.extensions || !destination.extensions) return unreadable(source, destination);
  const online = new Map(destination.extensions.map(({ appId, version }) => [appId, version]));
  const lacking = source.extensions
    .filter(({ appId, version }) => compareVersions(online.get(appId) ?? '0', version) < 0)
    .map(({ name, version }) => `${name} ${version}`);
  const expected = 'every extension of the source, in its version or a later one';
  if (lacking.length === 0) return { status: 'passed', measured: `${source.extensions.length} installed`, expected };
  return {
    status: 'failed',
    measured: listed(lacking),
    names: lacking,
    expected,
    cause: 'Tables of an extension that is not installed online are not migrated.',
    remedy: 'Install or update these extensions online before the first replication, if their data is wanted.',
  };
}
