import { fromForwarded, fromOriginalUrl, fromRequestLine, type ReadOriginal } from './original.ts'

/** How one kind of proxy asks, and how it handles a refusal. */
export interface ProxyConvention {
  /** The path that it requests. */
  url: string
  /** True when it uses the method of the client's request, false when it uses GET or HEAD. */
  anyMethod: boolean
  original: ReadOriginal
  /**
   * How a browser is sent to the login page. `location`: as 401 with `Location`, which the proxy's configuration turns into
   * a redirect, because this proxy treats a redirect as an error. `redirect`: as a redirect. `absolute-redirect`: as a
   * redirect with the host, because this proxy would put the gateway's own address before a path.
   */
  login: 'location' | 'redirect' | 'absolute-redirect'
}

const ENVOY_PREFIX = '/verify/envoy'

/** All conventions. `/verify` alone follows nginx's. INV-GATEWAY-17. */
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
