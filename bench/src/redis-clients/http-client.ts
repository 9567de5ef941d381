import { Agent, request } from 'node:http'

/** A client of a web application on this machine. */
export class HttpClient {
  readonly #agent: Agent
  readonly #port: number

  constructor(port: number, { maxSockets, keepAlive }: { maxSockets: number; keepAlive: boolean }) {
    this.#port = port
    this.#agent = new Agent({ keepAlive, maxSockets })
  }

  /** Rejects on any status but 200. */
  send(
    method: 'GET' | 'POST',
    path: string,
    cookie: string | null,
  ): Promise<{ text: string; cookie: string | null }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ text: string; cookie: string | null }>()
    const headers = cookie === null ? {} : { cookie }
    const sent = request(
      { host: '127.0.0.1', port: this.#port, method, path, agent: this.#agent, headers },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('error', reject)
        response.on('end', () => {
          const [given = null] = response.headers['set-cookie'] ?? []
          if (response.statusCode === 200) resolve({ text, cookie: given?.split(';')[0] ?? null })
          else reject(new Error(`${response.statusCode}: ${text.trim().slice(0, 200)}`))
        })
      },
    )
    sent.on('error', reject)
    sent.end()
    return promise
  }

  close(): void {
    this.#agent.destroy()
  }
}
