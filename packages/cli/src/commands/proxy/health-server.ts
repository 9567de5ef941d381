import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { METRICS_TYPE, metricsText } from '@holdfast/gateway/metrics-text'
import { listen, type ProxyStatus, proxyMetrics } from '@holdfast/proxy'

const TEXT = 'text/plain; charset=utf-8'
/** A monitor sends a request at once. */
const REQUEST_MS = 5000
const MAX_CONNECTIONS = 64

/** Tells monitors about a proxy: `/metrics` for Prometheus, `/healthz` (the process lives), `/readyz` (a primary answers). */
export class HealthServer implements AsyncDisposable {
  readonly #server: Server
  readonly #statusOf: () => ProxyStatus

  constructor(statusOf: () => ProxyStatus) {
    this.#statusOf = statusOf
    this.#server = createServer(
      { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
      (request, response) => this.#answer(request, response),
    )
    this.#server.maxConnections = MAX_CONNECTIONS
  }

  /** Returns the port. */
  listen(where: { host: string; port: number }): Promise<number> {
    return listen(this.#server, where)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    if (this.#server.listening) await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #answer({ method, url }: IncomingMessage, response: ServerResponse): void {
    const send = (status: number, type: string, text: string) =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
    if (method !== 'GET' && method !== 'HEAD') return void send(405, TEXT, 'Use GET.\n')
    const status = this.#statusOf()
    switch (url?.split('?', 1)[0]) {
      case '/metrics':
        return void send(200, METRICS_TYPE, metricsText(proxyMetrics(status)))
      case '/healthz':
        return void send(200, TEXT, 'The process lives.\n')
      case '/readyz':
        return void (status.isReady
          ? send(200, TEXT, `The primary ${status.primary} answers.\n`)
          : send(503, TEXT, `${status.problem ?? 'No primary has answered within the lease.'}\n`))
      default:
        return void send(404, TEXT, 'There are /metrics, /healthz and /readyz.\n')
    }
  }
}
