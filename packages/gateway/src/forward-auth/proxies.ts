import { fromForwarded, fromOriginalUrl, fromRequestLine, type ReadOriginal } from './original.ts'

/** How one proxy asks, and how it takes a no. */
export interface ProxyConvention {
  /** Where it asks. */
  url: string
  /** It asks with the method of the client's request, else with GET or HEAD. */
  anyMethod: boolean
  original: ReadOriginal
  /**
   * How a browser is sent to the login page. `location`: as 401 with `Location`, which the proxy's configuration makes a
   * redirect of, because for the proxy itself a redirect is an error. `redirect`: as one. `absolute-redirect`: as one with
   * the host in it, because the proxy would put the gateway's own address before a path.
   */
  login: 'location' | 'redirect' | 'absolute-redirect'
}

const ENVOY_PREFIX = '/verify/envoy'

/** By name. `/verify` alone speaks as nginx's does. INV-GATEWAY-17. */
export const PROXIES: readonly ProxyConvention[] = [
  ...['/verify', '/verify/nginx'].map((url) => ({
    url,
    anyMethod: false,
    original: fromOriginalUrl,
    login: 'location' as const,
  })),
  { url: '/verify/haproxy', anyMethod: false, original: fromForwarded, login: 'redirect' },
  { url: '/verify/traefik', anyMethod: false, original: fromForwarded, login: 'absolute-redirect' },
  { url: `${ENVOY_PREFIX}/*`, anyMethod: true, original: fromRequestLine(ENVOY_PREFIX), login: 'redirect' },
]
