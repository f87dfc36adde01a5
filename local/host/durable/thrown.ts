/** Message and stack of whatever a function threw; the worker makes an error of what is none. */
export function describeThrown(thrown: unknown): { readonly message: string; readonly stack: string } {
  if (thrown instanceof Error) return { message: thrown.message, stack: thrown.stack ?? '' };
  const message = typeof thrown === 'string' ? thrown : JSON.stringify(thrown);
  return { message, stack: '' };
}
