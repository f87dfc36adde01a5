import { test } from 'vitest';
import { checkPrograms, checkProgramsWithFaults } from '../../support/durable/program-check.ts';

// The same programs in every run; the benchmark tries others each time.
const seed = 2026;

test('300 random programs lead to what a plain interpretation of them says, at the same time', () =>
  checkPrograms({ programs: 300, seed }));

test('kills, second runs and second or late messages change no result', () =>
  checkProgramsWithFaults({ programs: 100, seed }));
