import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseConnectionString } from '../../../shared/sql/connection-string.ts';

const good = 'Server=sql01;Database=BC250;User ID=migration;Password=p4ss';

function errorsOf(text: string) {
  const result = parseConnectionString(text);
  return result.ok ? [] : result.errors;
}

function connectionOf(text: string, trustServerCertificate = false) {
  const result = parseConnectionString(text, { trustServerCertificate });
  expect(result.ok ? [] : result.errors).toEqual([]);
  return result.ok ? { ...result.connection, password: result.password } : undefined;
}

const plain = { encrypt: true, trustServerCertificate: false };

describe('connection strings of the documentation are read', () => {
  test.each([
    [
      String.raw`Server=MyServer\BCDEMO;Database=BC210;User Id=sa;Password=secret;`,
      { server: String.raw`MyServer\BCDEMO`, database: 'BC210', userName: 'sa', password: 'secret', ...plain },
    ],
    [
      String.raw`Server=host\inst;Initial Catalog=BC;UserID=sa;Password=secret;`,
      { server: String.raw`host\inst`, database: 'BC', userName: 'sa', password: 'secret', ...plain },
    ],
    [
      'Server=tcp:srv.database.windows.net,1433;Initial Catalog=BC;Persist Security Info=False;User ID=me;Password=secret;MultipleActiveResultSets=False;Encrypt=True;TrustServerCertificate=False;Connection Timeout=30;',
      {
        server: 'srv.database.windows.net,1433',
        database: 'BC',
        userName: 'me',
        password: 'secret',
        ...plain,
      },
    ],
  ])('%s', (text, expected) => {
    expect(connectionOf(text)).toEqual(expected);
  });
});

describe('values', () => {
  test.each([
    ['a;b', `"a;b"`],
    [`a"b'c`, `"a""b'c"`],
    [`a"b'c`, `'a"b''c'`],
    ['a=b', 'a=b'],
    ['=a', '"=a"'],
    [' a ', "' a '"],
    ['a', '  a  '],
    ['{a}', '{a}'],
    ['pä😀', 'pä😀'],
    ['a@b', 'a@b'],
    ['x'.repeat(128), 'x'.repeat(128)],
  ])('%j is written %s', (value, written) => {
    expect(connectionOf(`Server=s;Database=d;User ID=u;Password=${written}`)?.password).toBe(value);
  });

  test.each([
    ['true', { encrypt: true, trustServerCertificate: true }],
    ['Yes', { encrypt: true, trustServerCertificate: true }],
    ['Mandatory', { encrypt: true, trustServerCertificate: true }],
    ['Strict', { encrypt: true, trustServerCertificate: false }],
    ['false', { encrypt: false, trustServerCertificate: true }],
    ['no', { encrypt: false, trustServerCertificate: true }],
    ['optional', { encrypt: false, trustServerCertificate: true }],
  ])('Encrypt=%s', (value, expected) => {
    expect(connectionOf(`${good};Encrypt=${value}`, true)).toMatchObject(expected);
  });

  test.each([
    ['tcp:sql01.example.com', 'sql01.example.com'],
    [String.raw`sql01\BC,1500`, 'sql01,1500'],
    ['sql01 , 1433', 'sql01,1433'],
    ['10.0.0.4', '10.0.0.4'],
  ])('the server %s is %s', (given, server) => {
    expect(connectionOf(good.replace('sql01', given))?.server).toBe(server);
  });
});

describe('servers that are refused', () => {
  const names = '. | (local) | (localdb)\\x | ::1 | sql01. | -sql | a b | user@host | hóst | host:1433 | tcp:tcp:host';
  const ports = 'sql01,0 | sql01,65536 | sql01,x | sql01,1433,1434';
  const instances = 'host\\in-stance | host\\seventeen17seventeen | host\\ | host\\a\\b';
  const protocols = 'np:\\\\host\\pipe\\sql\\query | lpc:host | admin:host | \\\\host\\pipe';
  test.each([...[names, ports, instances, protocols].join(' | ').split(' | '), 'a'.repeat(254)])('%s', (server) => {
    expect(errorsOf(good.replace('sql01', () => server)).map(({ keyword }) => keyword)).toEqual(['Server']);
  });
});

describe('keywords that are carried', () => {
  test.each([
    ['MultiSubnetFailover=True', { multiSubnetFailover: true }],
    ['Multi Subnet Failover=yes', { multiSubnetFailover: true }],
    ['HostNameInCertificate=sql.example.com', { hostNameInCertificate: 'sql.example.com' }],
  ])('%s', (setting, expected) => {
    expect(connectionOf(`${good};${setting}`)).toEqual({ ...connectionOf(good), ...expected });
  });
});

describe('keywords that ask for nothing here', () => {
  test.each([
    'Application Name=Dynamics NAV',
    'Pooling=false',
    'Max Pool Size=500',
    'WSID=x',
    'Command Timeout=30',
    'MultiSubnetFailover=False',
    'ApplicationIntent=ReadWrite',
    'Column Encryption Setting=Disabled',
    'Replication=False',
    'TrustServerCertificate=False',
  ])('%s', (setting) => expect(connectionOf(`${good};${setting}`)).toEqual(connectionOf(good)));
});

describe('keywords that are refused by name', () => {
  test.each([
    'Authentication=Active Directory Interactive',
    'AttachDBFilename=C:\\x.mdf',
    'User Instance=true',
    'Context Connection=true',
    'Failover Partner=evil',
    'Enclave Attestation Url=http://evil',
    'Network Library=dbnmpntw',
    'ServerSPN=x',
    'Server Certificate=c:\\x.cer',
    'Current Language=Deutsch',
    'IPAddressPreference=IPv6First',
  ])('%s', (setting) => {
    const [error, ...others] = errorsOf(`${good};${setting}`);
    expect(others).toEqual([]);
    expect(error).toMatchObject({ keyword: setting.split('=')[0], problem: 'is not supported' });
    expect(error?.remedy).not.toBe('');
  });
});

// https://learn.microsoft.com/sql/connect/ado-net/connection-options, with every spelling that the source of SqlClient has.
const spellings =
  'addr, address, app, application intent, application name, applicationintent, attachdbfilename, attestation protocol, ' +
  'authentication, clientcertificate, clientkey, clientkeypassword, column encryption setting, columnencryption, ' +
  'command timeout, connect retry count, connect retry interval, connect timeout, connection idle timeout, ' +
  'connection lifetime, connection reset, ' +
  'connection timeout, connectretrycount, connectretryinterval, connecttimeout, context connection, current language, ' +
  'data source, database, enclave attestation url, encrypt, enlist, extended properties, failover partner, ' +
  'failover partner spn, failoverpartner, failoverpartnerspn, host name in certificate, hostnameincertificate, ' +
  'initial catalog, initial file name, integrated security, ip address preference, ipaddresspreference, language, ' +
  'load balance timeout, max pool size, min pool size, multi subnet failover, multiple active result sets, ' +
  'multipleactiveresultsets, multisubnetfailover, net, network, network address, network library, packet size, packetsize, ' +
  'password, persist security info, persistsecurityinfo, pool blocking period, poolblockingperiod, pooling, pwd, ' +
  'replication, server, server certificate, server spn, servercertificate, serverspn, timeout, transaction binding, ' +
  'transparent network ip resolution, transparentnetworkipresolution, trust server certificate, trusted_connection, ' +
  'trustservercertificate, type system version, uid, user, user id, user instance, workstation id, workstationid, wsid';

test.each(spellings.split(', '))('the keyword %s is known', (keyword) => {
  const unknown = errorsOf(`${good};${keyword}=x`).filter((error) => error.keyword === undefined);
  expect(unknown).toEqual([]);
});

describe('problems', () => {
  test.each([
    ['Trusted_Connection=yes', 'Integrated Security'],
    ['Integrated Security=SSPI', 'Integrated Security'],
    ['Persist Security Info=True', 'Persist Security Info'],
    ['MultipleActiveResultSets=True', 'MultipleActiveResultSets'],
    ['Application Intent=ReadOnly', 'Application Intent'],
    ['Column Encryption Setting=Enabled', 'Column Encryption Setting'],
    ['Replication=True', 'Replication'],
    ['MultiSubnetFailover=maybe', 'MultiSubnetFailover'],
    ['HostNameInCertificate=a b', 'HostNameInCertificate'],
    ['Encrypt=maybe', 'Encrypt'],
    ['TrustServerCertificate=', 'TrustServerCertificate'],
    ['TrustServerCertificate=True', 'TrustServerCertificate'],
    ['Trust Server Certificate=yes', 'TrustServerCertificate'],
    ['Connect Timeout=soon', 'Connect Timeout'],
    ['Data Source=other', 'Server'],
    ['PWD=other', 'Password'],
  ])('%s', (setting, keyword) => {
    expect(errorsOf(`${good};${setting}`).map((error) => error.keyword)).toEqual([keyword]);
  });

  test('what asks for nothing is tolerated', () => {
    const nothing = 'Trusted_Connection=No;Persist Security Info=False;MultipleActiveResultSets=no';
    expect(connectionOf(`${good};${nothing}`)).toBeDefined();
  });

  test('everything that is missing is named at once', () => {
    expect(errorsOf('').map(({ keyword }) => keyword)).toEqual(['Server', 'Database', 'User ID', 'Password']);
    expect(errorsOf('Server=;Database=d;User ID=u').map(({ keyword }) => keyword)).toEqual(['Server', 'Password']);
  });

  test.each([
    ['x'.repeat(129), 'Password'],
    ['""', 'Password'],
  ])('a password %s', (password, keyword) => {
    expect(errorsOf(good.replace('p4ss', password)).map((error) => error.keyword)).toEqual([keyword]);
  });

  test.each([
    ['BC250', '@concat(1)', 'Database'],
    ['migration', 'a@{guid()}', 'User ID'],
    ['p4ss', '@p4ss', 'Password'],
    ['p4ss', '"\n@{p4ss"', 'Password'],
  ])('what Data Factory would evaluate: %s replaced by %s', (from, to, keyword) => {
    const errors = errorsOf(good.replace(from, to));
    expect(errors).toMatchObject([{ keyword, problem: expect.stringContaining('an expression') as string }]);
  });

  test.each([
    ['Server', 1],
    ['Server=a;Database', 10],
    ['Server=a;;=b', 11],
    ['Server=a;Password="b', 19],
    ['Server=a;Password="b"c', 19],
    ['Server=a;Password=b"', 19],
  ])('%s cannot be read from character %i on', (text, position) => {
    expect(errorsOf(text)).toHaveLength(1);
    expect(errorsOf(text)[0]?.problem).toContain(`character ${position},`);
  });

  test('the rest of a password with a semicolon is not repeated', () => {
    const errors = errorsOf('Server=s;Database=d;User ID=u;Password=abc;Secret=rest');
    expect(errors).toHaveLength(1);
    expect(errors[0]?.problem).toContain('at character 44');
    expect(JSON.stringify(errors)).not.toMatch(/secret|rest/i);
  });
});

const value = fc
  .string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
  .filter((text) => !/\p{Cc}|^@|@\{/u.test(text));
const quoted = (text: string, quote: string) => quote + text.replaceAll(quote, quote + quote) + quote;

test('parts survive however they are quoted, named and ordered', () => {
  const quote = fc.constantFrom('"', "'");
  fc.assert(
    fc.property(
      fc.tuple(value, value, value, quote, quote, quote),
      fc.constantFrom('Database', 'initial catalog'),
      fc.constantFrom('User Id', 'UID', ' user '),
      fc.constantFrom('Password', 'pwd'),
      fc.integer({ min: 1, max: 65_535 }),
      fc.boolean(),
      ([database, userName, password, q1, q2, q3], databaseKey, userKey, passwordKey, port, encrypt) => {
        const parts = [
          `Server = tcp:sql01,${port}`,
          `${databaseKey}=${quoted(database, q1)}`,
          `${userKey}= ${quoted(userName, q2)} `,
          `${passwordKey}=${quoted(password, q3)}`,
          `Encrypt=${String(encrypt)}`,
        ];
        const expected = { server: `sql01,${port}`, database, userName, password, encrypt };
        expect(connectionOf(parts.join(';'))).toMatchObject(expected);
        expect(connectionOf(parts.reverse().join(' ;\n; '))).toMatchObject(expected);
      },
    ),
  );
});

test('any text is answered, and no error repeats what was written', () => {
  const fragment = fc.oneof(
    fc.constantFrom('Server', 'Password', 'PWD', '=', '==', ';', '"', "'", ' ', 'Encrypt', '\n', '\0'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 30 }), fc.stringMatching(/^[a-z]{6}\d{6}$/), (fragments, secret) => {
      const result = parseConnectionString([...fragments, secret, ...fragments].join(''));
      expect(JSON.stringify(result.ok ? [] : result.errors)).not.toContain(secret);
    }),
  );
});

test('100 kB are answered in a moment', () => {
  const started = performance.now();
  for (const text of [' ', '=', '"', '""', ';', 'a ', 'a=', 'a="', '\t;']) parseConnectionString(text.repeat(50_000));
  expect(performance.now() - started).toBeLessThan(1_000);
});
