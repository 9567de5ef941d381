import autocannon from 'autocannon'
import { forEachOf } from '../loops.ts'
import { serve } from './serve.ts'

/** The browsers of many users. */

interface Load {
  count: number
  perSecond: number
  p50Ms: number
  p99Ms: number
}

const methods = {
  /** Logs users in. Returns their cookies. */
  async logIn(url: string, users: number): Promise<string[]> {
    const cookies = new Array<string>(users)
    await forEachOf(users, 8, async (user) => {
      const response = await fetch(`${url}/login/${user}`, { method: 'POST' })
      await response.arrayBuffer()
      cookies[user] = response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
    })
    return cookies
  },

  /** Throws if any answer is not the answer for a logged-in user. */
  run: (url: string, cookies: string[], connections: number, durationMs: number): Promise<Load> =>
    load(url, cookies, connections, durationMs, (body) => String(body).startsWith('{"subject":"user-')),

  /** Throws if any answer is not 2xx. */
  ask: (url: string, cookies: string[], connections: number, durationMs: number): Promise<Load> =>
    load(url, cookies, connections, durationMs),
}

async function load(
  url: string,
  cookies: string[],
  connections: number,
  durationMs: number,
  verifyBody?: (body: unknown) => boolean,
): Promise<Load> {
  const result = await autocannon({
    url,
    connections,
    duration: durationMs / 1000,
    sampleInt: 250,
    requests: cookies.map((cookie) => ({ headers: { cookie } })),
    ...(verifyBody && { verifyBody }),
  })
  const wrong = result.errors + result.timeouts + result.mismatches + result.non2xx
  if (wrong > 0) throw new Error(`${wrong} answers were wrong: ${JSON.stringify(result.statusCodeStats)}`)
  const perSecond = result['2xx'] / result.duration
  return { count: result['2xx'], perSecond, p50Ms: result.latency.p50, p99Ms: result.latency.p99 }
}

export type WebLoadWorker = typeof methods
serve(methods)
