/** A browser without a display: keeps cookies per host, follows redirects, sends forms. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>()
  /** The server behind an origin, as a load balancer or a name server would choose it. */
  readonly #servers = new Map<string, string>()
  /** The opened addresses, in order. */
  readonly history: string[] = []

  /** From now on requests to `origin` go to the server at `url`. */
  route(origin: string, url: string): void {
    this.#servers.set(origin, url)
  }

  cookie(origin: string, name: string): string | undefined {
    return this.#jar(origin).get(name)
  }

  /** The names of the cookies that begin with a prefix. */
  cookieNames(origin: string, prefix: string): string[] {
    return [...this.#jar(origin).keys()].filter((name) => name.startsWith(prefix))
  }

  setCookie(origin: string, name: string, value: string): void {
    this.#jar(origin).set(name, value)
  }

  /** Opens an address and follows redirects until `stop` returns true, or no redirect follows. */
  async open(
    address: string,
    init: RequestInit = {},
    stop: (next: URL) => boolean = () => false,
  ): Promise<{ url: URL; response: Response }> {
    let url = new URL(address)
    let request = init
    for (let hops = 0; hops < 20; hops++) {
      const response = await this.#send(url, request)
      const location = response.headers.get('location')
      if (location === null) return { url, response }
      const next = new URL(location, url)
      if (stop(next)) return { url: next, response }
      url = next
      request = {}
    }
    throw new Error(`More than 20 redirects: ${this.history.slice(-3).join(' ')}`)
  }

  /** Sends a form. */
  post(address: string, fields: Record<string, string>) {
    return this.open(address, { method: 'POST', body: new URLSearchParams(fields) })
  }

  async #send(url: URL, init: RequestInit): Promise<Response> {
    this.history.push(url.href)
    const server = this.#servers.get(url.origin) ?? url.origin
    const jar = this.#jar(url.origin)
    const headers = {
      accept: 'text/html',
      cookie: Array.from(jar, ([name, value]) => `${name}=${value}`).join('; '),
    }
    const response = await fetch(server + url.pathname + url.search, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      const isGone = value === '' || /expires=Thu, 01 Jan 1970/i.test(line)
      if (isGone) jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }

  #jar(origin: string): Map<string, string> {
    const jar = this.#cookies.get(origin) ?? new Map<string, string>()
    this.#cookies.set(origin, jar)
    return jar
  }
}
