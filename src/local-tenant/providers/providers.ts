import type { ProviderName } from '../../config/issuer/providers.ts'
import { auth0 } from './auth0.ts'
import { cognito } from './cognito.ts'
import { entra } from './entra.ts'
import { keycloak } from './keycloak.ts'
import { okta } from './okta.ts'
import type { Provider } from './provider.ts'
import { zitadel } from './zitadel.ts'

/** As which provider the local tenant can issue tokens, by the value of PROVIDER. */
export const PROVIDERS: Readonly<Record<ProviderName, Provider>> = {
  auth0,
  keycloak,
  okta,
  entra,
  cognito,
  zitadel,
}
