import type { TokenCredential } from '@azure/identity';

/** Does a step when its turn comes. */
export type Gate = <Answer>(step: string, send: () => Answer) => Promise<Answer>;

/** Opens everything in memory. */
export const credential: TokenCredential = {
  getToken: () => Promise.resolve({ token: 'token', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
};
