/** An expression that cannot be parsed or evaluated; the message is what the activity or pipeline run shows. */
export class ExpressionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ExpressionError';
  }
}
