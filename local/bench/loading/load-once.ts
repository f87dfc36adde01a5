/** Loads an app in this process as a host does, and prints the milliseconds of processor time that it took. */
import { Registration, supplyCore } from '../../host/functions-core.ts';

const registration = new Registration(() => undefined);
supplyCore(registration);
const before = process.cpuUsage();
await import(process.argv[2] ?? '');
const { user, system } = process.cpuUsage(before);
if (registration.functions.size === 0) throw new Error('The app has registered no function.');
console.log((user + system) / 1000);
