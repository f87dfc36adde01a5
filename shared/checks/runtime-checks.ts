/** Checks of the integration runtime. */
import { articles } from './articles.ts';
import { judge, listed, notNeeded, unread } from './check.ts';
import type { Check, CheckInput, Finding } from './check.ts';

export const runtimeChecks: readonly Check[] = [
  {
    id: 'NET-01',
    title: 'The self-hosted integration runtime has a node online',
    target: 'runtime',
    severity: 'blocks',
    code: '52071',
    rule: 'State and nodes of the runtime, as Data Factory reports them: online, at least one node.',
    why: 'Only a node reaches the source. Azure SQL Database needs none.',
    mendedBy: 'caller',
    documentation: articles.troubleshooting,
    evaluate({ runtime, sourceKind }) {
      if (sourceKind === 'AzureSql') return azureRuntime;
      const { name, online, nodes } = runtime ?? { name: 'the runtime', online: false, nodes: [] };
      const names = listed(nodes.map((node) => `${node.name} ${node.version}`)) || 'no node';
      const values = { measured: `${online ? 'online' : 'offline'}: ${names}`, expected: 'online, at least one node' };
      return judge(online && nodes.length > 0, values, {
        cause: `No node of ${name} is connected.`,
        remedy:
          'Start the service "Integration Runtime Service" on its machine, keep the machine from sleeping, and allow it out on port 443.',
      });
    },
  },
  {
    id: 'NET-02',
    title: 'The integration runtime is of a supported version and updates itself',
    target: 'runtime',
    severity: 'warns',
    code: 'NET-02',
    rule: 'Version status of the runtime, as Data Factory reports it: UpToDate; automatic update on.',
    why: 'A version is supported for a year; nodes of an expired one stop working, with the migration in the middle.',
    mendedBy: 'caller',
    documentation: articles.runtimeVersions,
    evaluate({ runtime }) {
      if (runtime === undefined) return azureRuntime;
      const { versionStatus, updatesItself } = runtime;
      if (versionStatus === '' || versionStatus === 'None') return unread(undefined, 'The version of the nodes');
      const values = {
        measured: `${versionStatus}, automatic update ${updatesItself ? 'on' : 'off'}`,
        expected: 'UpToDate, automatic update on',
      };
      return judge(versionStatus === 'UpToDate' && updatesItself, values, {
        cause: 'The nodes run an old version, or one that becomes old during the migration.',
        remedy:
          'Install the latest version of the integration runtime on its machines, and turn automatic update on in its configuration.',
      });
    },
  },
  {
    id: 'NET-03',
    title: 'The integration runtime has room for another migration',
    target: 'runtime',
    severity: 'warns',
    code: 'NET-03',
    rule: 'Setups that use it, but for those that failed, were canceled or have only looked: threshold `runtimeSetupsWarning`. Of one that several use, monitoring data of its nodes: a job that is free, thresholds `runtimeMemoryWarningMegabytes` and `runtimeProcessorWarningPercent`.',
    why: 'Data Factory queues the jobs of a runtime that is full, until a stage takes too long (52073).',
    mendedBy: 'caller',
    documentation: articles.runtimeNodes,
    evaluate: runtimeLoad,
  },
];

function runtimeLoad({ runtime, thresholds }: CheckInput): Finding {
  if (runtime === undefined) return azureRuntime;
  const { setups, load } = runtime;
  if (load === undefined && setups > 1) return unread(undefined, 'What the nodes do');
  if (load === undefined) return { status: 'passed', measured: 'this setup alone', expected: 'few setups' };
  if ('refused' in load) {
    const { status, code } = load.refused;
    const cause = `What the nodes do: Data Factory does not tell it to the service (${`${status} ${code}`.trim()}).`;
    return { status: 'skipped', reason: status === 403 ? 'denied' : 'unknown', cause };
  }
  const { runningJobs, jobLimit, freeMegabytes, processorPercent } = load;
  const { runtimeMemoryWarningMegabytes: memory, runtimeProcessorWarningPercent: processor } = thresholds;
  const isFull = runningJobs >= jobLimit || freeMegabytes < memory || processorPercent > processor;
  const values = {
    measured: `jobs ${runningJobs} of ${jobLimit}, ${freeMegabytes} MB free, processor ${processorPercent} %, setups ${setups}`,
    expected: `a free job, at least ${memory} MB, at most ${processor} %, at most ${thresholds.runtimeSetupsWarning} setups`,
  };
  return judge(!isFull && setups <= thresholds.runtimeSetupsWarning, values, {
    cause: 'Other work takes what the nodes of the runtime have, or other setups will.',
    remedy:
      'Add a node to the runtime, give its machine more memory, or replay the setup with another runtime (runtimeName: null makes one).',
  });
}

const azureRuntime = notNeeded('The source needs no self-hosted runtime.');
