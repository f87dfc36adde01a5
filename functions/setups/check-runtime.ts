import type { HttpResponseInit } from '@azure/functions';
import type { Look } from '../../shared/waits/look.ts';
import { findSetup } from './find-setup.ts';
import type { TenantCall } from '../http/adapter.ts';
import { ApiError } from '../http/problem.ts';
import { nudge } from './nudge.ts';

/**
 * `POST …/migrationSetups/{setupId}/runtime/check`: looks at once at what the setup waits for, a node of its runtime or the
 * end of a pipeline run, instead of at the next time. Looks at most once a second, however often it is called.
 */
export async function checkRuntime(call: TenantCall): Promise<HttpResponseInit> {
  const setup = await findSetup(call);
  const look = await nudge(call, setup);
  if (look !== undefined) return { status: 200, jsonBody: checkResource(look) };
  const { state, phase } = setup;
  throw new ApiError('NothingToWaitFor', `The setup is ${state} in phase ${phase}, and waits for nothing now.`);
}

const results = { found: 'Found', notYet: 'NotYet', justLooked: 'JustLooked', unanswered: 'Unanswered' } as const;

function checkResource(look: Look) {
  const { target, since } = look.wait;
  const waitsFor = target.kind === 'runtime' ? 'Runtime' : 'PipelineRun';
  return { waitsFor, since: since.toISOString(), result: results[look.result], ...foundBy(look) };
}

/** What an answer tells; the message of a run is told with the failure of the setup. */
function foundBy(look: Look) {
  if (look.result !== 'found') return {};
  switch (look.answer.kind) {
    case 'online':
      return { nodes: look.answer.nodes };
    case 'ended':
      return { status: look.answer.status };
    case 'canceled':
      return { status: 'Canceled' };
  }
}
