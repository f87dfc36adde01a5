/**
 * Lets `@azure/functions` find the core of the local host, in whichever file of a worker it is loaded first: it looks once
 * for the life of the process, and registers no function when it has found none.
 */
import { Registration, supplyCore } from '../../local/host/functions-core.ts';

supplyCore(new Registration(() => undefined))();
