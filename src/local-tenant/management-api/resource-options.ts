/**
 * What a schema says of the properties of a request: only those that the vendor's SDK knows, so that
 * nothing is accepted here that a real tenant refuses.
 */
export type Properties<Request> = Partial<Record<keyof Request, object>>
