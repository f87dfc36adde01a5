import { readFile, readdir } from 'node:fs/promises';

/** Resident memory of a part of the stack, with all the processes that it has started. */
interface PartMemory {
  readonly name: string;
  readonly megabytes: number;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly kilobytes: number;
  readonly command: string;
}

/** This process and its descendants, from Linux's `/proc`, each part once; a sum comes last. */
export async function memoryOfProcesses(): Promise<PartMemory[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const processes = await Promise.all(pids.map((pid) => readProcess(Number(pid))));
  const parts = new Map<string, number>();
  const add = (name: string, { pid, kilobytes }: Process): void => {
    parts.set(name, (parts.get(name) ?? 0) + kilobytes);
    for (const child of processes) {
      if (child.parent === pid) add(pid === process.pid ? nameOf(child) : name, child);
    }
  };
  const own = processes.find(({ pid }) => pid === process.pid);
  if (own !== undefined) add('stack', own);
  const total = [...parts.values()].reduce((sum, kilobytes) => sum + kilobytes, 0);
  return [...parts, ['together', total] as const].map(([name, kilobytes]) => ({
    name,
    megabytes: Math.round(kilobytes / 1024),
  }));
}

function nameOf({ command }: Process): string {
  return command.includes('azurite') ? 'storage' : 'host';
}

/** A process that ends while it is read needs nothing. */
async function readProcess(pid: number): Promise<Process> {
  const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
  const [status, command] = await Promise.all([read('status'), read('cmdline')]);
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return { pid, parent: field('PPid'), kilobytes: field('VmRSS'), command };
}
