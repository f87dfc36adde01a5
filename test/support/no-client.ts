/** For activities that neither start nor ask orchestrations. */
export function noClient(): never {
  throw new Error('There is no durable client');
}
