import { expect, test } from 'vitest';
import { bicepFiles } from '../../support/infra/infra-files.ts';

test('no template reads a key, and none gives out a secret', () => {
  for (const [file, text] of bicepFiles()) {
    expect(text, file).not.toMatch(
      /\blist(?:Keys|AccountSas|ServiceSas|Secrets|Credentials)\b|\.list\w*\(|AccountKey|SharedAccessKey|authKey|@secure/i,
    );
  }
});
