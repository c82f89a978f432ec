import type { Issuer } from '../issuer/issuer.ts'

/** How a contestant's process is started. */
export interface Launch {
  readonly file: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Set where it cannot say which port the system gave it. */
  readonly port?: number
}

export interface Contestant {
  readonly name: string
  readonly title: string
  /** What is compared, with its version; undefined where it is not installed. */
  readonly version: () => string | undefined
  /** Names of the loads it takes part in; all of them where undefined. */
  readonly loads?: readonly string[]
  readonly launch: (issuer: Issuer) => Promise<Launch>
}
