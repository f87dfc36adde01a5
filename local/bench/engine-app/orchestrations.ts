import * as df from 'durable-functions';

/** The orchestrations that the engine's benchmark runs; their input is the number of activities. */
df.app.activity('echo', { handler: (input: unknown) => input });

df.app.orchestration('sequence', function* (context) {
  const length = context.df.getInput<number>();
  for (let n = 0; n < length; n += 1) yield context.df.callActivity('echo', n);
  return length;
});

df.app.orchestration('fanOut', function* (context) {
  const length = context.df.getInput<number>();
  const tasks = Array.from({ length }, (_, n) => context.df.callActivity('echo', n));
  return ((yield context.df.Task.all(tasks)) as unknown[]).length;
});
