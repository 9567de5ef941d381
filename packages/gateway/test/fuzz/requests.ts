import fc from 'fast-check'
import type { KnownRoute } from '../../src/openapi/document.ts'

/** A request as an attacker or a faulty client might send it. */
export interface FuzzedRequest {
  method: string
  url: string
  headers: Record<string, string>
  body: string | undefined
  /** The route that the path is for; null for a random path. */
  route: KnownRoute | null
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
const TYPES = [
  'application/json',
  'application/x-www-form-urlencoded',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-7',
  ';;;',
] as const
/** Requests that Node's client would reject are sent over raw sockets. */
const headerText = fc
  .string({ unit: 'binary', maxLength: 60 })
  .map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').trim())

/**
 * Requests to every route of a server, taken from its own table, so that new routes are covered. `secrets` are valid
 * tokens and passwords, which are put into all parts of the requests.
 */
export function fuzzedRequest(
  routes: readonly KnownRoute[],
  secrets: readonly string[],
): fc.Arbitrary<FuzzedRequest> {
  const secret = fc.constantFrom(...secrets)
  const damaged = fc
    .tuple(secret, fc.nat({ max: 80 }), fc.constantFrom('', 'A', '%', '\u0000', '.', '='))
    .map(([text, at, by]) => text.slice(0, at) + by + text.slice(at + 1))
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.string({ maxLength: 300 }),
    secret,
    damaged,
  )
  const names = [...new Set(routes.flatMap(({ description }) => fieldsOf(description)))]
  const name = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        'username',
        'password',
        'subject',
        'token',
        'id',
        'return_to',
        'csrf',
        ...names,
      ),
    },
    { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
  )
  const query = fc
    .array(fc.tuple(name, text), { maxLength: 4 })
    .map((pairs) => new URLSearchParams(pairs).toString())
  const known = fc
    .tuple(fc.constantFrom(...routes), fc.oneof(fc.constantFrom(...METHODS), fc.constant('')), text, query)
    .map(([route, method, filling, search]) => {
      const path = route.url.replace(/:\w+|\*/g, () => encodeURIComponent(filling.toWellFormed()) || 'x')
      return { method: method || route.method, url: search === '' ? path : `${path}?${search}`, route }
    })
  const unknown = fc
    .tuple(fc.constantFrom(...METHODS), fc.string({ maxLength: 60 }), fc.boolean())
    .map(([method, path, raw]) => ({
      method,
      route: null,
      url: `/${raw ? path.replace(/[^\x21-\x7e]/g, '') : encodeURIComponent(path.toWellFormed())}`,
    }))
  const headers = fc.record(
    {
      cookie: fc.oneof(
        secret.map((token) => `holdfast=${token}`),
        damaged.map((token) => `holdfast=${token.replace(/[^\x20-\x7e]/g, '')}`),
        headerText,
      ),
      authorization: fc.oneof(
        secret.map((token) => `Bearer ${token}`),
        secret.map((token) => `Basic ${Buffer.from(`a:${token}`).toString('base64')}`),
        headerText,
      ),
      'content-type': fc.oneof(fc.constantFrom(...TYPES), headerText),
      accept: fc.constantFrom('text/html', 'application/json', '*/*', ''),
      origin: fc.oneof(fc.constantFrom('null', 'https://evil.example', 'http://127.0.110.1'), headerText),
      'sec-fetch-site': fc.constantFrom('same-origin', 'cross-site', 'none', ''),
      'x-forwarded-for': headerText,
      'x-forwarded-uri': headerText,
      'x-forwarded-method': headerText,
      'x-forwarded-host': headerText,
      'x-forwarded-proto': headerText,
      'x-original-url': headerText,
      traceparent: fc.oneof(
        fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
        headerText,
      ),
    },
    { requiredKeys: [] },
  )
  const body = fc.option(
    fc.oneof(
      fc
        .dictionary(name, fc.oneof(text, fc.jsonValue({ maxDepth: 2 })), { maxKeys: 4 })
        .map((value) => JSON.stringify(value)),
      fc.array(fc.tuple(name, text), { maxLength: 4 }).map((pairs) => new URLSearchParams(pairs).toString()),
      text,
      fc.nat({ max: 40_000 }).map((length) => 'x'.repeat(length)),
    ),
    { nil: undefined, freq: 2 },
  )
  return fc
    .tuple(fc.oneof({ weight: 5, arbitrary: known }, { weight: 1, arbitrary: unknown }), headers, body)
    .map(([to, given, content]) => ({
      ...to,
      headers: given,
      body: to.method === 'GET' || to.method === 'HEAD' ? undefined : content,
    }))
}

/** The names of a route's parameters, from its description. */
function fieldsOf(description: KnownRoute['description']): string[] {
  const schemas = [description?.query, description?.params, description?.body?.schema]
  return schemas.flatMap((schema) => (schema && 'shape' in schema ? Object.keys(schema.shape as object) : []))
}
