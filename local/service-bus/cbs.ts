import type { VerifyToken } from '../endpoint/endpoint.ts';
import { typed } from './amqp.ts';
import { toFailure } from './errors.ts';
import type { Reply, Request } from './request-response.ts';

const AUDIENCE = 'https://servicebus.azure.net';

/**
 * Answers `put-token` (claims-based security). Only access tokens are taken; shared access signatures are refused, as by
 * a namespace whose local authentication is disabled. `onAuthorized` is called before the answer.
 */
export async function putToken(request: Request, verifyToken: VerifyToken, onAuthorized: () => void): Promise<Reply> {
  const { operation, type } = request.applicationProperties;
  if (operation !== 'put-token')
    return reply(501, 'The local Service Bus supports put-token only.', 'amqp:not-implemented');
  if (type !== 'jwt') {
    return unauthorized('The local Service Bus takes access tokens only, no shared access signatures.');
  }
  try {
    await verifyToken(String(request.body), AUDIENCE);
  } catch (error) {
    return unauthorized(`InvalidToken: ${toFailure(error).message}`);
  }
  onAuthorized();
  return reply(202, 'Accepted');
}

function unauthorized(description: string): Reply {
  return reply(401, description, 'amqp:unauthorized-access');
}

/** The names have hyphens here, and are in camel case on `$management`. */
function reply(code: number, description: string, condition?: string): Reply {
  return {
    applicationProperties: {
      'status-code': typed.int(code),
      'status-description': description,
      ...(condition !== undefined && { 'error-condition': typed.symbol(condition) }),
    },
  };
}
