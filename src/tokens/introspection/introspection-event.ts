import type { IntrospectionError } from './introspect.ts'

/** What happened, for logs and metrics. Durations are in milliseconds. */
export type IntrospectionEvent =
  | {
      readonly event: 'introspected'
      readonly outcome: 'active' | 'inactive'
      readonly duration: number
    }
  | {
      readonly event: 'introspection_failed'
      readonly outcome: IntrospectionError['failure']
      readonly duration: number
      readonly error: IntrospectionError
    }
  /**
   * No call was made: there are too many at once, in all or of the client, the endpoint does not work, or it failed
   * for this token less than 5 s ago, although it works.
   */
  | { readonly event: 'introspection_skipped'; readonly reason: 'busy' | 'circuit_open' | 'token' }
  /** `openFor` is undefined when calls are made again. */
  | { readonly event: 'introspection_circuit'; readonly openFor: number | undefined }
