/** The headers of a request: those of the Fetch standard, or those of Node with lower-case names. */
export type RequestHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | string[] | undefined>>

/** What the core reads of a request. A `Request`, and the requests of Node, Fastify and Koa, have this form. */
export interface WebRequest {
  headers: RequestHeaders
  /** The host that the browser asked for, with its port. Default is the header `Host`, then that of `url`. */
  host?: string | undefined
  url?: string | undefined
}

/** The value of a header, by its lower-case name. Node keeps some repeated headers as a list; the first one counts. */
export function headerOf(headers: RequestHeaders, name: string): string | undefined {
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined
  const value = (headers as Readonly<Record<string, string | string[] | undefined>>)[name]
  return typeof value === 'string' ? value : value?.[0]
}

/** The host that a browser asked for, in lower case. */
export function hostOf({ headers, host, url }: WebRequest): string | undefined {
  const asked = host ?? headerOf(headers, 'host') ?? (url === undefined ? undefined : URL.parse(url)?.host)
  return asked?.toLowerCase()
}
