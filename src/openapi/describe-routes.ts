import swagger from '@fastify/swagger'
import type { FastifyInstance, FastifyPluginAsync, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import type { AccessPolicy } from '../access/policy.ts'
import type { ErrorFormat } from '../http/error-format.ts'
import { componentsFor } from './components.ts'
import type { ApiDocument } from './document.ts'
import { ERRORS, finishDocument } from './finish-document.ts'
import { errorsOf, operationIdOf, securityOf } from './operation.ts'
import { checkSharedSchemas, componentNames } from './shared-schemas.ts'
import { addTenantLogin, type TenantLogin } from './tenant-login.ts'

/** What the document says about the API as a whole. Texts are CommonMark. */
export interface ApiDescription {
  /** Also the heading of the API reference. */
  readonly title: string
  /** The version of the API, not of the package. */
  readonly version: string
  readonly summary?: string
  readonly description?: string
  /** Where the API is, such as `https://notes.example.com`. */
  readonly servers?: readonly { readonly url: string; readonly description?: string }[]
  /** The groups of operations that `schema.tags` of the routes name. */
  readonly tags?: readonly { readonly name: string; readonly description?: string }[]
}

export interface DescribeRoutesOptions {
  readonly api: ApiDescription
  readonly format: ErrorFormat
  /** Where to log in, for the document that a server serves. Its URLs are relative. */
  readonly login?: TenantLogin | undefined
  /** Whether each route accepts only tokens that are bound to a key (`DPOP=required`). */
  readonly boundTokenRequired?: boolean
}

/** The plugins around the routes to describe. `app.swagger()` returns the document. */
export interface RouteDescription {
  readonly begin: FastifyPluginAsync
  readonly end: FastifyPluginAsync
}

/**
 * Describes the routes that are registered between two plugins as an OpenAPI 3.1 document: paths,
 * parameters, bodies and responses from their schemas, security and error responses from their
 * policies. A route with `schema.hide` is left out, and so is the HEAD of each GET.
 */
export function describeRoutes(options: DescribeRoutesOptions): RouteDescription {
  const { api, format, login, boundTokenRequired = false } = options
  const { servers, tags, ...info } = api
  const described = new Set<RouteOptions>()
  const scopes = new Set<FastifyInstance>()
  let isOpen = true

  async function begin(app: FastifyInstance): Promise<void> {
    app.addHook('onRoute', function (route) {
      if (!isOpen) return
      described.add(route)
      scopes.add(this)
    })
    const components = componentsFor(format)
    const openapi = {
      openapi: '3.1.0',
      info,
      ...(servers !== undefined && { servers }),
      ...(tags !== undefined && { tags }),
      components,
    }
    await app.register(swagger, {
      openapi: structuredClone(openapi) as object,
      convertConstToEnum: false,
      stripBasePath: false,
      refResolver: { buildLocalReference: componentNames(Object.keys(components.schemas)) },
      transform({ url, route }) {
        const schema = described.has(route) ? describe(route, boundTokenRequired) : { hide: true }
        return { schema, url }
      },
      transformObject(found) {
        checkSharedSchemas([...scopes].map((scope) => scope.getSchemas()))
        const { openapiObject } = found as { readonly openapiObject: object }
        const document = finishDocument(openapiObject as ApiDocument, format)
        return login === undefined ? document : addTenantLogin(document, login)
      },
    })
  }
  async function end(): Promise<void> {
    isOpen = false
  }
  return { begin: fp(begin), end: fp(end) }
}

function describe({ method, url, schema = {}, config }: RouteOptions, boundTokenRequired: boolean) {
  // The policy has been read by now: a route without one stops the start.
  const { access: declared, limit } = config as {
    readonly access: AccessPolicy
    readonly limit?: unknown
  }
  const access =
    declared === 'public' || !boundTokenRequired ? declared : { ...declared, bound: true as const }
  const route = { method: String(method), url, schema, access, isLimited: limit !== undefined }
  return {
    ...schema,
    operationId: operationIdOf(route),
    security: securityOf(access),
    [ERRORS]: errorsOf(route),
  }
}
