import type { JsonWebKey } from 'node:crypto'
import { ProofSigner } from '../../tokens/dpop/proof-signer.ts'
import { createPrivate, readPrivate, unreadable } from '../../utils/private-file.ts'

const FILE = '.local-tenant/client-key.json'
const CONTENTS = 'client key'

/**
 * The key of the commands, which sign proofs with it like a client. It is kept for the working directory, so
 * that a token that was printed can be used later. Commands that start at once get the same key.
 *
 * @throws Error if the file cannot be read, or has no ES256 key
 */
export async function loadClientKey(): Promise<ProofSigner> {
  const stored = await readPrivate<JsonWebKey>(FILE, CONTENTS)
  if (stored !== undefined) return importKey(stored)
  await createPrivate(FILE, new ProofSigner().export())
  // Another command may have been first.
  return importKey(await readPrivate<JsonWebKey>(FILE, CONTENTS))
}

function importKey(key: JsonWebKey | undefined): ProofSigner {
  try {
    return ProofSigner.import(key as JsonWebKey)
  } catch {
    throw unreadable(FILE, CONTENTS)
  }
}
