/** What the host loads. Places in stack traces are those of the sources, also in what is loaded from here on. */
process.setSourceMapsEnabled(true);
const { registerApp } = await import('./index.ts');
await registerApp();
