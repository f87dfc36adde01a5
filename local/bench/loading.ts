/**
 * What it takes to load the app that is published, beside the same app as files of its own and its packages. Milliseconds depend
 * on the machine and on what else it does, their ratio does not; exits with 1 if that is above its bound.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { holds, quantile, rounded } from './scale/figure.ts';

const ROUNDS = 9;
const root = path.join(import.meta.dirname, '../..');
const sampleSchema = z.object({ Values: z.record(z.string(), z.string()) });
const { Values: settings } = sampleSchema.parse(
  JSON.parse(readFileSync(path.join(root, 'local.settings.sample.json'), 'utf8')),
);

// Of nobody; nothing is sent before it is loaded.
const telemetry = {
  APPLICATIONINSIGHTS_CONNECTION_STRING:
    'InstrumentationKey=00000000-0000-4000-8000-000000000000;IngestionEndpoint=https://localhost:1/',
};

// Below this project, for its packages.
const unbundled = mkdtempSync(path.join(root, 'node_modules/.cache-unbundled-'));
try {
  compile(unbundled);
  const entries = { bundle: path.join(root, 'dist/main.js'), unbundled: path.join(unbundled, 'functions/main.js') };
  const rounds = Array.from({ length: ROUNDS }, () => ({
    bundle: load(entries.bundle, settings),
    observed: load(entries.bundle, { ...settings, ...telemetry }),
    unbundled: load(entries.unbundled, settings),
  }));
  const median = (of: 'bundle' | 'observed' | 'unbundled') =>
    rounded(
      quantile(
        rounds.map((round) => round[of]),
        0.5,
      ),
    );
  // 450 ms where the app without a bundle and without telemetry took 870.
  const ratio = {
    name: 'loading the bundle with telemetry beside the app in files without',
    value: rounded(median('observed') / median('unbundled'), 2),
    bound: 0.52,
  };
  console.log(
    `module loading (CPU, median of ${ROUNDS}): bundle ${median('bundle')} ms, with telemetry ${median('observed')} ms, unbundled ${median('unbundled')} ms`,
  );
  console.log(`${ratio.name}: ${ratio.value}, bound ${ratio.bound}`);
  if (!holds(ratio)) process.exitCode = 1;
} finally {
  rmSync(unbundled, { recursive: true });
}

function compile(target: string): void {
  const types = path.join(root, 'node_modules/typescript/bin/tsc');
  const options = [
    '--noEmit',
    'false',
    '--noCheck',
    '--rewriteRelativeImportExtensions',
    '--rootDir',
    root,
    '--outDir',
    target,
  ];
  execFileSync(process.execPath, [types, '-p', root, ...options], { stdio: 'inherit' });
  cpSync(path.join(root, 'shared/sql'), path.join(target, 'shared/sql'), { recursive: true });
  cpSync(path.join(root, 'package.json'), path.join(target, 'package.json'));
}

/** Milliseconds of processor time in a process of its own, whose environment is the app's settings. */
function load(entry: string, env: Readonly<Record<string, string>>): number {
  const program = path.join(import.meta.dirname, 'loading/load-once.ts');
  return Number(execFileSync(process.execPath, [program, pathToFileURL(entry).href], { env, encoding: 'utf8' }));
}
