import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { LoginContext } from '../context.ts'
import { PageError } from '../errors.ts'
import { localPath } from '../routes/return-to.ts'
import type { Login } from './logins.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Returns the login of this browser; undefined if there is none. */
    getLogin(): Promise<Login | undefined>
    /**
     * Returns the login of this browser, with an access token that is not about to expire.
     *
     * @throws PageError 401 without a login; TenantUnavailableError if the token cannot be renewed
     */
    requireLogin(): Promise<Login>
  }
}

/** Finds the login that belongs to a browser's session. */
export const loginRequirement = fp<Pick<LoginContext, 'logins' | 'renewal'>>(
  async (app, { logins, renewal }) => {
    app.decorateRequest('getLogin', async function (this: FastifyRequest) {
      const { loginId } = this.session
      return loginId === undefined ? undefined : logins.find(loginId)
    })

    app.decorateRequest('requireLogin', async function (this: FastifyRequest) {
      const login = await this.getLogin()
      const fresh = login === undefined ? undefined : await renewal.ensureFresh(login)
      if (fresh === undefined) throw loginRequired(this)
      return fresh
    })
  },
  { name: 'login-requirement', dependencies: ['errors', 'session'] },
)

function loginRequired({ url, method, session }: FastifyRequest): PageError {
  const returnTo = method === 'GET' ? localPath(url) : localPath(undefined)
  const path = `/login?${new URLSearchParams({ returnTo })}`
  const code = session.loginId === undefined ? 'login_needed' : 'login_ended'
  return new PageError(401, code, { next: { path, label: 'Log in' } })
}
