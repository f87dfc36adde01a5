/** Versions such as `25.0.23364.0`. Pure. */

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

/** The first part of a version. */
export function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}
