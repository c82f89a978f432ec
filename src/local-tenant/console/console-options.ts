import type { SessionControlOptions } from '../controls/sessions.ts'
import type { Directory } from '../directory/directory.ts'
import type { SigningKeys } from '../protocol/tokens/signing-keys.ts'
import type { TokenIssuer } from '../protocol/tokens/token-issuer.ts'
import type { WrongTokens } from '../protocol/tokens/wrong-tokens.ts'
import type { ConsoleApi } from './console-api.ts'
import type { PeoplePageOptions } from './people/people.ts'
import type { RequestPagesOptions } from './requests/request-pages.ts'

/** What the pages of the console show and change. */
export interface ConsoleOptions
  extends SessionControlOptions,
    RequestPagesOptions,
    PeoplePageOptions {
  readonly issuer: () => string
  readonly keys: SigningKeys
  readonly tokenIssuer: TokenIssuer
  readonly wrongTokens: WrongTokens
  readonly directory: Directory
  /** The API that the console calls. Undefined until it runs. */
  readonly api: () => ConsoleApi | undefined
  /** The file of the tenant's data. */
  readonly dataFile: string
}
