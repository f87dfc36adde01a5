/** The database of an environment as far as races concern it: the mark that a setup leaves when the environment is ready. */
import type { Connect } from '../../../shared/sql/database.ts';
import * as scripts from '../../../shared/sql/scripts.ts';
import type { Gate } from './gate.ts';

interface Mark {
  readonly setupKey: unknown;
  readonly attempt: unknown;
}

export class EnvironmentDatabase {
  readonly #gate: Gate;
  mark: Mark | undefined;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  readonly connect: Connect = () => {
    const request = () => {
      const given = new Map<string, unknown>();
      return {
        input: (name: string, value: unknown) => given.set(name, value),
        query: async (batch: string) => ({ recordset: await this.#query(batch, given) }),
      };
    };
    // The gateway uses nothing else of a pool.
    return Promise.resolve({ request, close: () => Promise.resolve() } as unknown as Awaited<ReturnType<Connect>>);
  };

  #query(batch: string, given: ReadonlyMap<string, unknown>): Promise<object[]> {
    const mark = { setupKey: given.get('setupKey'), attempt: given.get('attempt') };
    switch (batch) {
      case scripts.holdsClaim:
        return Promise.resolve([{ holds: false }]);
      case scripts.markReady:
        return this.#gate('mark environment', () => {
          this.mark = mark;
          return [{ outcome: 'marked' }];
        });
      case scripts.clearMark:
        return this.#gate('clear mark', () => {
          if (this.mark?.setupKey === mark.setupKey && this.mark?.attempt === mark.attempt) this.mark = undefined;
          return [];
        });
      case scripts.releaseClaim:
        return Promise.resolve([]);
      case scripts.destinationRemoval[0]:
        return this.#gate('remove from environment', () => {
          if (this.mark?.setupKey === mark.setupKey) this.mark = undefined;
          return [];
        });
      case scripts.destinationRemoval[1]:
        return Promise.resolve([]);
      default:
        throw new Error('The races know no such script');
    }
  }
}
