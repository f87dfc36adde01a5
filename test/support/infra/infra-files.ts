/** The files of `infra/`. */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../../infra/', import.meta.url);

/** The text of a file below `infra/`. */
export function infraText(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}

/** The JSON of a file below `infra/`. */
export function infraJson(name: string): unknown {
  return JSON.parse(infraText(name));
}

/** All Bicep files below `infra/`, with their text. */
export function bicepFiles(): ReadonlyMap<string, string> {
  const names = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' });
  return new Map(names.filter((name) => /\.bicep(?:param)?$/.test(name)).map((name) => [name, infraText(name)]));
}
