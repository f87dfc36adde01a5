import { randomUUID } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { generate } from 'selfsigned';
import type { TlsIdentity } from '../endpoint/endpoint.ts';

/** When a certificate is valid. */
interface Validity {
  readonly from: Date;
  readonly until: Date;
}

/** A throw-away authority that signs the certificates of the local endpoints. Its key never leaves the process. */
export interface CertificateAuthority {
  /** PEM; what a client must trust, for example by `NODE_EXTRA_CA_CERTS`. */
  readonly certificate: string;
  /** A new key and certificate for `localhost`, `127.0.0.1` and `::1`; valid for a year, if nothing else is said. */
  issue(validity?: Validity): Promise<TlsIdentity>;
}

// Elliptic-curve keys are made in a millisecond, RSA keys in some hundred.
const KEY = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;

function subject(commonName: string) {
  return [{ name: 'commonName', value: commonName }];
}

/** Makes a certificate authority that exists only in this process. */
export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  // Two authorities of one name in one process would be taken for each other.
  const authority = await generate(subject(`Local development authority ${randomUUID()}`), {
    ...KEY,
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return {
    certificate: authority.cert,
    issue: (validity) => issue({ key: authority.private, cert: authority.cert }, validity),
  };
}

async function issue(authority: TlsIdentity, validity: Validity | undefined): Promise<TlsIdentity> {
  const leaf = await generate(subject('localhost'), {
    ...KEY,
    ...(validity === undefined ? {} : { notBeforeDate: validity.from, notAfterDate: validity.until }),
    ca: authority,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { key: leaf.private, cert: leaf.cert };
}

/**
 * Makes this process trust an authority in addition to those it trusts already.
 * Holds for connections made afterwards with default settings; children are told by `NODE_EXTRA_CA_CERTS`.
 */
export function trustCertificateAuthority(certificate: string): void {
  setDefaultCACertificates([...getCACertificates('default'), certificate]);
}
