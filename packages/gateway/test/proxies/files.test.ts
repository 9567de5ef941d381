import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { createIdentityHeaders } from '../../src/forward-auth/identity-headers.ts'
import { PROXIES } from '../../src/forward-auth/proxies.ts'

const read = (name: string) =>
  readFile(path.join(import.meta.dirname, '../../../../docs/proxies', name), 'utf8')
const HEADERS = Object.keys(createIdentityHeaders('X-Auth-Request-')(null))
/** Headers from which frameworks take another path, method or host than those of the request. */
const OVERRIDES = [
  'x-original-url',
  'x-original-uri',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'forwarded',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-uri',
  'x-forwarded-method',
]

/** The other spellings that an application may read as the same name. */
function lookAlikes(name: string): string[] {
  const [first = '', ...rest] = name.split('-')
  const all = rest.reduce(
    (names, part) => names.flatMap((one) => [`${one}-${part}`, `${one}_${part}`]),
    [first],
  )
  return all.filter((one) => one !== name)
}

// nginx and HAProxy run with their files in proxies.test.ts. No Debian or npm package contains Traefik or Envoy, so only
// the parts of their files about Holdfast are checked here.
describe('traefik.yaml', async () => {
  const { routers, middlewares } = parse(await read('traefik.yaml')).http
  const { address, authResponseHeaders, trustForwardHeader } = middlewares.holdfast.forwardAuth

  test('traefik.yaml uses the convention of Traefik and trusts no header of the client', () => {
    expect(PROXIES.map(({ url }) => url)).toContain(new URL(address).pathname)
    expect(trustForwardHeader).toBeUndefined()
  })

  test('traefik.yaml takes every identity header from the gateway only', () => {
    const lower = (names: string[]) => names.map((name) => name.toLowerCase())
    expect(lower(authResponseHeaders)).toEqual(HEADERS)
    const removed = middlewares['no-lookalikes'].headers.customRequestHeaders as Record<string, string>
    const names = lower(Object.keys(removed))
    for (const spelling of HEADERS.flatMap(lookAlikes)) expect(names).toContain(spelling)
    // Traefik sets the other X-Forwarded headers itself.
    const ownHeaders = ['x-forwarded-port', 'x-forwarded-uri', 'x-forwarded-method']
    for (const name of OVERRIDES.filter((one) => !ownHeaders.includes(one))) expect(names).toContain(name)
    expect(names.filter((name) => HEADERS.includes(name))).toEqual([])
    expect(new Set(Object.values(removed))).toEqual(new Set(['']))
  })

  test('the proxy asks the gateway before every request except the login itself', () => {
    expect(routers.application.middlewares).toEqual(['https-only', 'no-lookalikes', 'holdfast'])
    expect(Object.keys(routers)).toEqual(['login', 'application'])
  })

  test('every answer tells browsers to use https only', () => {
    for (const { middlewares: names } of Object.values(routers) as { middlewares: string[] }[]) {
      expect(names[0]).toBe('https-only')
    }
    expect(middlewares['https-only'].headers).toEqual({ stsSeconds: 31_536_000 })
  })
})

describe('envoy.yaml', async () => {
  const [listener] = parse(await read('envoy.yaml'), { merge: true }).static_resources.listeners
  const manager = listener.filter_chains[0].filters[0].typed_config
  const names = manager.http_filters.map(({ name }: { name: string }) => name)
  const [mutation, authz] = manager.http_filters.map((one: { typed_config: unknown }) => one.typed_config)
  const exact = (patterns: { exact: string }[]) => patterns.map((pattern) => pattern.exact)

  test('envoy.yaml uses the convention of Envoy and allows no request without an answer', () => {
    expect(PROXIES.map(({ url }) => url)).toContain(`${authz.http_service.path_prefix}/*`)
    expect(authz.failure_mode_allow).toBe(false)
  })

  test('envoy.yaml removes the identity headers of the client and takes them from the gateway', () => {
    expect(names.slice(0, 2)).toEqual(['envoy.filters.http.header_mutation', 'envoy.filters.http.ext_authz'])
    const removed = mutation.mutations.request_mutations.map(({ remove }: { remove: string }) => remove)
    expect(removed).toEqual([...HEADERS, ...OVERRIDES])
    const { allowed_upstream_headers, allowed_client_headers } = authz.http_service.authorization_response
    expect(exact(allowed_upstream_headers.patterns)).toEqual(HEADERS)
    expect(exact(allowed_client_headers.patterns)).toEqual(
      expect.arrayContaining(['location', 'www-authenticate', 'retry-after']),
    )
    expect(manager.common_http_protocol_options.headers_with_underscores_action).toBe('DROP_HEADER')
  })

  test('every answer tells browsers to use https only, and TRACE is refused first', () => {
    const { response_headers_to_add: added, virtual_hosts } = manager.route_config
    expect(added.map(({ header }: { header: unknown }) => header)).toEqual([
      { key: 'strict-transport-security', value: 'max-age=31536000' },
    ])
    const [{ match, direct_response }] = virtual_hosts[0].routes
    expect(match.headers).toEqual([{ name: ':method', string_match: { exact: 'TRACE' } }])
    expect(direct_response).toEqual({ status: 405 })
  })

  test('envoy.yaml passes the path on unchanged', () => {
    expect([manager.normalize_path, manager.merge_slashes]).toEqual([false, false])
  })

  test('the proxy asks the gateway before every request except the login itself', () => {
    const open = manager.route_config.virtual_hosts[0].routes.filter(
      (route: { typed_per_filter_config?: unknown }) => route.typed_per_filter_config !== undefined,
    )
    expect(
      open.map(({ match }: { match: { path?: string; prefix?: string } }) => match.path ?? match.prefix),
    ).toEqual(['/login', '/logout', '/sessions', '/sessions/', '/password', '/oidc/'])
  })
})
