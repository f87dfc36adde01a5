import type { HostSettings } from '../settings.ts';

/** The part of host.json that says which versions of orchestrations this app runs. */
type VersionSettings = Pick<HostSettings['durableTask'], 'defaultVersion' | 'versionMatchStrategy'>;

/**
 * Whether the app runs orchestrations of this version:
 * https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-orchestration-versioning
 */
export function takesVersion(version: string | null, settings: VersionSettings): boolean {
  const { defaultVersion, versionMatchStrategy } = settings;
  switch (versionMatchStrategy) {
    case 'None':
      return true;
    case 'Strict':
      return (version ?? '') === (defaultVersion ?? '');
    case 'CurrentOrOlder':
      return compareVersions(version ?? '', defaultVersion ?? '') <= 0;
  }
}

/** Numbers are compared part by part, anything else as text; no version is older than any. */
function compareVersions(left: string, right: string): number {
  const [a, b] = [partsOf(left), partsOf(right)];
  if (a === undefined || b === undefined) return compareTexts(left.toLowerCase(), right.toLowerCase());
  const difference = a.map((part, index) => part - (b[index] ?? -1)).find((part) => part !== 0);
  return difference ?? a.length - b.length;
}

function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** .NET reads two to four numbers as a version. */
function partsOf(version: string): number[] | undefined {
  return /^\d+(?:\.\d+){1,3}$/.test(version) ? version.split('.').map(Number) : undefined;
}
