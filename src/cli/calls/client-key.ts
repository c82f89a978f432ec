import type { JsonWebKey } from 'node:crypto'
import { ProofSigner } from '../../tokens/dpop/proof-signer.ts'
import { readPrivate, unreadable, writePrivate } from '../../utils/private-file.ts'

const FILE = '.local-tenant/client-key.json'
const CONTENTS = 'client key'

/**
 * The key of the commands, which sign proofs with it like a client. It is kept for the working directory, so
 * that a token that was printed can be used later.
 *
 * @throws Error if the file cannot be read, or has no ES256 key
 */
export async function loadClientKey(): Promise<ProofSigner> {
  const stored = await readPrivate<JsonWebKey>(FILE, CONTENTS)
  if (stored !== undefined) return importKey(stored)
  const signer = new ProofSigner()
  await writePrivate(FILE, signer.export())
  return signer
}

function importKey(key: JsonWebKey): ProofSigner {
  try {
    return ProofSigner.import(key)
  } catch {
    throw unreadable(FILE, CONTENTS)
  }
}
