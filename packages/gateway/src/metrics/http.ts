import type { Metric } from '@holdfast/tokens'
import type { FastifyInstance } from 'fastify'

/** From an answer of the near cache to a login that waits for a failover (in seconds). */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** The label of all unknown addresses: a client that probes addresses must not create new series. */
const NO_ROUTE = 'none'
/** All other methods share one label, for the same reason. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

interface Series {
  labels: { method: string; route: string; status: string }
  counts: number[]
  count: number
  sumSeconds: number
}

/** Counts and times the answers of a server by method, route (never the requested address) and status. */
export interface HttpMetrics {
  watch(app: FastifyInstance): void
  /**
   * Counts and times answers of one kind that are sent before the hooks of the server run. They are never in progress. The
   * returned function takes the duration of one answer (in milliseconds).
   */
  timer(method: string, route: string, status: number): (tookMs: number) => void
  collect(): Metric[]
}

// INV-GATEWAY-25: bounded labels.
export function createHttpMetrics(): HttpMetrics {
  const all = new Map<string, Series>()
  let underWay = 0

  function seriesOf(method: string, route: string, status: string): Series {
    const key = `${method} ${route} ${status}`
    const found = all.get(key)
    if (found) return found
    const counts = new Array<number>(BUCKETS_SECONDS.length).fill(0)
    const made = { labels: { method, route, status }, counts, count: 0, sumSeconds: 0 }
    all.set(key, made)
    return made
  }

  function leave(): void {
    underWay -= 1
  }

  function observe(series: Series, tookMs: number): void {
    const seconds = tookMs / 1000
    const bucket = BUCKETS_SECONDS.findIndex((atMost) => seconds <= atMost)
    if (bucket >= 0) series.counts[bucket] = (series.counts[bucket] ?? 0) + 1
    series.count += 1
    series.sumSeconds += seconds
  }

  return {
    watch(app) {
      app.addHook('onRequest', (_request, reply, done) => {
        underWay += 1
        // The event also fires when the client disconnected before the answer.
        reply.raw.once('close', leave)
        done()
      })
      app.addHook('onResponse', (request, reply, done) => {
        const route = request.is404 ? NO_ROUTE : (request.routeOptions.url ?? NO_ROUTE)
        const method = METHODS.has(request.method) ? request.method : 'other'
        observe(seriesOf(method, route, String(reply.statusCode)), reply.elapsedTime)
        done()
      })
    },
    timer(method, route, status) {
      let series: Series | null = null
      return (tookMs) => {
        series ??= seriesOf(method, route, String(status))
        observe(series, tookMs)
      }
    },
    collect: () => [
      {
        name: 'holdfast_http_request_duration_seconds',
        help: 'Duration of answers, by method, route and status.',
        type: 'histogram',
        samples: [...all.values()].map(({ labels, counts, count, sumSeconds }) => {
          let atMost = 0
          const buckets = BUCKETS_SECONDS.map((atMostSeconds, index) => {
            atMost += counts[index] ?? 0
            return { atMostSeconds, count: atMost }
          })
          return { labels, buckets, count, sumSeconds }
        }),
      },
      {
        name: 'holdfast_http_requests_in_progress',
        help: 'Requests that are not answered yet.',
        type: 'gauge',
        samples: [{ labels: {}, value: underWay }],
      },
    ],
  }
}
