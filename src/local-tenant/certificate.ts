import { X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readPrivate, writePrivate } from '../utils/private-file.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** Browsers accept no longer lifetime. */
const LIFETIME_MS = 397 * DAY_MS

export interface Certificate {
  /** PEM. */
  readonly key: string
  /** PEM. Trusted as it is: it is signed with its own key. */
  readonly cert: string
}

/**
 * The certificate of the local tenant, for `localhost` and the loopback addresses. It is kept, so that browsers
 * remember that they trust it, and a new one is made before it ends. `certificate.pem` is the certificate
 * without its key.
 *
 * @param directory where the tenant stores it
 */
export async function loadCertificate(directory: string): Promise<Certificate> {
  const file = join(directory, 'certificate.json')
  const stored = await readPrivate<Certificate>(file, 'certificate')
  if (stored !== undefined && endsAt(stored) > Date.now() + DAY_MS) return stored
  const created = await createCertificate()
  await writePrivate(file, created)
  await writeFile(join(directory, 'certificate.pem'), created.cert)
  return created
}

function endsAt({ cert }: Certificate): number {
  return Date.parse(new X509Certificate(cert).validTo)
}

async function createCertificate(): Promise<Certificate> {
  const { generate } = await import('selfsigned')
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + LIFETIME_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
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
  })
  return { key, cert }
}
