import { readFile, readdir } from 'node:fs/promises';

/** Resident memory of a process. */
interface ProcessMemory {
  readonly name: string;
  readonly megabytes: number;
}

/** This process and its children, from Linux's `/proc`; a sum comes last. */
export async function memoryOfProcesses(): Promise<ProcessMemory[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(pids.map(readProcess));
  const own = found.filter((entry) => entry !== undefined);
  const total = own.reduce((sum, { megabytes }) => sum + megabytes, 0);
  return [...own, { name: 'together', megabytes: total }];
}

async function readProcess(pid: string): Promise<ProcessMemory | undefined> {
  // A process may end while it is read.
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const isOwn = Number(pid) === process.pid;
  if (!isOwn && field('PPid') !== process.pid) return undefined;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const name = isOwn ? 'stack' : command.includes('azurite') ? 'storage' : 'host';
  return { name, megabytes: Math.round(field('VmRSS') / 1024) };
}
