import { Agent, request } from 'node:http'

/** An answer, or the reason for none. */
export type Answer =
  | { status: number; server: string | null; body: unknown }
  | { status: null; problem: string }

interface Call {
  method: 'GET' | 'POST'
  /** Full URL. */
  url: string
  /** Sent as a bearer token. */
  token?: string
  /** Sent as JSON. */
  json?: Readonly<Record<string, string>>
  /** Deadline of the call (in milliseconds). */
  timeoutMs: number
}

const SERVER_HEADER = 'x-holdfast-server'
const MAX_BODY_BYTES = 64 * 1024

/** HTTP calls over keep-alive connections. */
export interface HttpClient {
  call(call: Call): Promise<Answer>
  close(): void
}

/** A connection that was idle for `idleMs` is not used again, because the other side may just be closing it. */
export function createHttpClient({ idleMs = 2000 } = {}): HttpClient {
  const agent = new Agent({ keepAlive: true, timeout: idleMs })

  function call({ method, url, token, json, timeoutMs }: Call): Promise<Answer> {
    const text = json === undefined ? null : JSON.stringify(json)
    return new Promise((resolve) => {
      const sending = request(url, {
        agent,
        method,
        headers: {
          accept: 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(text === null
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      })
      const timer = setTimeout(() => sending.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs)
      const failed = (error: Error) => {
        clearTimeout(timer)
        resolve({ status: null, problem: describe(error) })
      }
      sending.on('error', failed)
      sending.on('response', (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > MAX_BODY_BYTES) sending.destroy(new Error('the answer is too large'))
          else chunks.push(chunk)
        })
        response.on('error', failed)
        response.on('end', () => {
          clearTimeout(timer)
          const server = response.headers[SERVER_HEADER]
          resolve({
            status: response.statusCode ?? 0,
            server: typeof server === 'string' ? server : null,
            body: parse(Buffer.concat(chunks).toString()),
          })
        })
      })
      sending.end(text ?? undefined)
    })
  }

  return { call, close: () => agent.destroy() }
}

function describe(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
