import http from 'node:http'

export interface HttpAnswer {
  status: number
  headers: http.IncomingHttpHeaders
  body: string
}

/** Tries a password, from the loopback address 127.0.109.`last`. */
export function tryPassword(
  url: string,
  login: Record<string, unknown>,
  { last, headers = {} }: { last: number; headers?: Record<string, string> },
): Promise<HttpAnswer> {
  const body = JSON.stringify(login)
  return new Promise((resolve, reject) => {
    const request = http.request(
      `${url}/login`,
      {
        method: 'POST',
        localAddress: `127.0.109.${last}`,
        agent: false,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...headers,
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

/** The cookies of an answer, in the form in which a browser sends them back. */
export function cookiesOf({ headers }: HttpAnswer): { cookie: string } {
  return { cookie: (headers['set-cookie'] ?? []).map((cookie) => cookie.split(';', 1)[0]).join('; ') }
}

/** How many passwords were checked, according to a log: each refused one is logged after its hashing. */
export function hashesIn(log: string): number {
  return log.split('"event":"login-refused"').length - 1
}
