import { describe, expect, test } from 'vitest';
import { messageOf } from '../../shared/error-message.ts';
import { runFailure } from '../../shared/factory/run-failure.ts';
import { redact } from '../../shared/redact.ts';
import { setupFailure } from '../../shared/setup/failure.ts';

const texts: readonly (readonly [text: string, redacted: string])[] = [
  ['Server=sql;User ID=sa;Password=a b,c)d;Encrypt=true', 'Server=sql;User ID=sa;Password=…;Encrypt=true'],
  ['pwd={a;b}; Database=BC', 'pwd=…; Database=BC'],
  ["Password='a;b';x", 'Password=…;x'],
  [
    'https://x.blob.core.windows.net/c?sv=2024&sig=ab%2Bc%3D&se=1',
    'https://x.blob.core.windows.net/c?sv=2024&sig=…&se=1',
  ],
  ['AccountKey=abc==;EndpointSuffix=core', 'AccountKey=…;EndpointSuffix=core'],
  ['Authorization: Bearer eyJhb.eyJzd.c2ln', 'Authorization: Bearer …'],
  ['token eyJhb.eyJzd.c2ln was refused', 'token … was refused'],
  ['key IR@6f1a-b@factory@ServiceEndpoint=x@abc= is wrong', 'key IR@… is wrong'],
  [
    "Violation of PRIMARY KEY constraint 'K'. Cannot insert duplicate key in object 'dbo.T'. The duplicate key value is (C1, a). b).",
    "Violation of PRIMARY KEY constraint 'K'. Cannot insert duplicate key in object 'dbo.T'. The duplicate key value is (…).",
  ],
  [
    "String or binary data would be truncated in table 'T', column 'c'. Truncated value: 'it's secret'.",
    "String or binary data would be truncated in table 'T', column 'c'. Truncated value: '…'.",
  ],
  [
    "Conversion failed when converting the nvarchar value 'it's secret' to data type int.",
    "Conversion failed when converting the nvarchar value '…' to data type int.",
  ],
  [
    'Arithmetic overflow error for data type tinyint, value = 4711.',
    'Arithmetic overflow error for data type tinyint, value = ….',
  ],
];

test.each(texts)('%s', (text, redacted) => {
  expect(redact(text)).toBe(redacted);
});

test('a text without secrets and values stays as it is', () => {
  const text =
    "Operation on target X failed: Login failed for user 'sa'. SqlErrorNumber=18456,Class=14 (password wrong)";
  expect(redact(text)).toBe(text);
});

describe('no text of a failure has them', () => {
  test.each(texts)('%s', (text, redacted) => {
    expect(setupFailure('StepFailed', text).cause).toBe(redacted);
    expect(messageOf(new Error(text))).toBe(redacted);
    expect(runFailure('install', 'Failed', text).cause).toContain(redacted);
  });
});
