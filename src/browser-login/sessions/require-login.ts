import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Room } from '../context.ts'
import { PageError } from '../errors.ts'
import { localPath } from '../routes/return-to.ts'
import type { Login } from './logins.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is logged in in this browser, if somebody is. */
    findLogin(): Promise<Login | undefined>
    /**
     * Who is logged in, with an access token that lasts a while.
     *
     * @throws PageError 401; TenantUnavailableError where the token cannot be renewed now
     */
    freshLogin(): Promise<Login>
  }
}

/** The session guard: the way from a browser's session to the login that it stands for. */
export const signedIn = fp<Pick<Room, 'logins' | 'renewal'>>(async (app, { logins, renewal }) => {
  app.decorateRequest('findLogin', async function (this: FastifyRequest) {
    const { loginId } = this.session
    return loginId === undefined ? undefined : logins.find(loginId)
  })

  app.decorateRequest('freshLogin', async function (this: FastifyRequest) {
    const login = await this.findLogin()
    const fresh = login === undefined ? undefined : await renewal.freshen(login)
    if (fresh === undefined) throw loginNeeded(this)
    return fresh
  })
})

function loginNeeded({ url, method, session }: FastifyRequest): PageError {
  const returnTo = method === 'GET' ? localPath(url) : localPath(undefined)
  const path = `/login?${new URLSearchParams({ returnTo })}`
  const problem = session.loginId === undefined ? 'login_needed' : 'login_ended'
  return new PageError(401, problem, { next: { path, label: 'Log in' } })
}
