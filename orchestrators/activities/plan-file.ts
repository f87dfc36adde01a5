import { planBlob } from '../../shared/factory/names.ts';
import { compressedLines } from '../../shared/json-lines.ts';
import { keptTable, LINES_OF_A_PART } from '../../shared/plan/kept-plan.ts';
import type { KeptTable } from '../../shared/plan/kept-plan.ts';
import type { PlannedTable } from '../../shared/plan/plan.ts';
import type { Services } from '../../shared/services.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';

/** Whose plan it is, and in which region. */
type PlanPlace = Pick<SetupRecord, 'key' | 'attempt' | 'destination'>;

/** The plan of an attempt as it is kept for people, while it is made: compressed, so that 100,000 tables are some megabytes. */
export class PlanFile {
  readonly #parts: Buffer[] = [];
  #lines: KeptTable[] = [];

  add(table: PlannedTable): void {
    this.#lines.push(keptTable(table));
    if (this.#lines.length >= LINES_OF_A_PART) this.#compress();
  }

  /** Keeps the plan in place of an earlier one of the attempt. @throws {RestError} if the setup has no container (any more) */
  async keep({ staging }: Services, { key, attempt, destination }: PlanPlace): Promise<void> {
    this.#compress();
    await staging.of(destination.region).write(key, planBlob(attempt), this.#parts);
  }

  #compress(): void {
    this.#parts.push(compressedLines(this.#lines));
    this.#lines = [];
  }
}
