import type { SqlError } from '../sql-error.ts';
import type { Sink } from '../tds/session.ts';

/** Keeps the first error of a batch and drops everything else. */
export class CollectingSink implements Sink {
  firstError: SqlError | undefined;

  error(error: SqlError): void {
    this.firstError ??= error;
  }

  columns(): void {
    // Rows are dropped.
  }

  row(): undefined {
    return undefined;
  }

  done(): void {
    // Counts are dropped.
  }

  message(): void {
    // Messages are dropped.
  }

  transaction(): void {
    // Nobody follows the transaction.
  }

  database(): void {
    // Nobody follows the database.
  }
}
