/**
 * Builds the app and the command line into `dist/`, with everything that they import: what is loaded from few files starts in half
 * the time. Types are checked by `npm run check`.
 */
import { chmodSync, cpSync } from 'node:fs';
import { build } from 'vite';

const target = 'dist';

await build({
  configFile: false,
  publicDir: false,
  logLevel: 'warn',
  // Packages are found as by Node: CommonJS that asks for one must not get the ES module that is there for bundlers.
  ssr: { noExternal: true, resolve: { mainFields: ['main'], conditions: ['node'] } },
  build: {
    ssr: true,
    target: 'node22',
    outDir: target,
    license: { fileName: 'licenses.md' },
    sourcemap: true,
    rolldownOptions: {
      input: { main: 'functions/main.ts', cli: 'cli/main.ts' },
      // The worker of Azure Functions supplies the first; the other, which colours traces of `debug`, is here by a tool alone.
      external: ['@azure/functions-core', 'supports-color'],
      output: {
        chunkFileNames: '[name].js',
        // Names stay as they are, for stack traces and for what goes by the name of a function or class.
        minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
        keepNames: true,
        comments: { legal: false },
        // The text of the sources would cost 40 MB of memory; their names and lines are there without it.
        sourcemapExcludeSources: true,
      },
    },
  },
});
cpSync('shared/sql', target, { recursive: true, filter: (file) => !file.endsWith('.ts') });
// npx makes it executable once, and remembers that when it is built again.
chmodSync(`${target}/cli.js`, 0o755);
