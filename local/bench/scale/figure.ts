/** A figure that the service is held to. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** The value must not be above it. */
  readonly bound: number;
}

/** Whether the service keeps to it. */
export function holds({ value, bound }: Figure): boolean {
  return value <= bound;
}
