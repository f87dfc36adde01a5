import type { Stack } from '../stack.ts';

/** Stops the stack once at Ctrl-C or a polite kill, tells the program, and ends with the code of the signal. */
export function stopOnSignal(stack: Stack, stopping: AbortController): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) return;
      stopping.abort();
      process.exitCode = code;
      void stack.stop().finally(() => process.exit());
    });
  }
}
