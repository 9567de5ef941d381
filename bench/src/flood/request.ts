import http from 'node:http'

/** An answer later than this counts as none: a browser's user has gone away. */
const ANSWER_TIMEOUT_MS = 15_000

/** One gateway. */
export interface Target {
  host: string
  port: number
}

export interface Asked {
  method: 'GET' | 'POST'
  path: string
  /** The address of the client, as the proxy reports it. */
  from: string
  headers?: Record<string, string>
  body?: string
}

/** A proxy in front of the gateways: it keeps its connections to them, and reports the addresses of the clients. */
export class ProxyClient {
  readonly #agent = new http.Agent({ keepAlive: true, scheduling: 'lifo' })

  /** Sends a request. Resolves with the status, or with the reason why there is no answer. */
  ask(target: Target, asked: Asked): Promise<{ outcome: string; cookies: readonly string[] }> {
    const { method, path, from, headers, body = '' } = asked
    return new Promise((resolve) => {
      const request = http.request(
        {
          ...target,
          method,
          path,
          agent: this.#agent,
          headers: { ...headers, 'x-forwarded-for': from, 'content-length': Buffer.byteLength(body) },
        },
        (response) => {
          response.resume()
          const cookies = (response.headers['set-cookie'] ?? []).map(
            (cookie) => cookie.split(';', 1)[0] ?? '',
          )
          response.on('end', () => resolve({ outcome: String(response.statusCode), cookies }))
          response.on('error', fail)
        },
      )
      const timer = setTimeout(() => request.destroy(new Error('no answer in time')), ANSWER_TIMEOUT_MS)
      const fail = (error: NodeJS.ErrnoException) =>
        resolve({ outcome: error.code ?? error.message, cookies: [] })
      request.on('error', fail)
      request.on('close', () => clearTimeout(timer))
      request.end(body)
    })
  }
}

/** A login by JSON. */
export function login(username: string, password: string, from: string, cookie?: string): Asked {
  const headers = { 'content-type': 'application/json', ...(cookie === undefined ? {} : { cookie }) }
  return { method: 'POST', path: '/login', from, headers, body: JSON.stringify({ username, password }) }
}

/** Counts by outcome. */
export type Outcomes = Record<string, number>

export function count(outcomes: Outcomes, outcome: string): void {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
}

/** Calls `work` at a steady rate, however long it takes, with the time when it was due. Returns the function that ends this. */
export function atRate(perSecond: number, work: (dueMs: number) => void): () => void {
  const startMs = performance.now()
  let done = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) * perSecond) / 1000)
    while (done < due) {
      done += 1
      work(startMs + (1000 * done) / perSecond)
    }
  }, 5)
  return () => clearInterval(timer)
}
