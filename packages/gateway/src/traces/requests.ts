import type { Span } from '@opentelemetry/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Tracing } from './tracing.ts'

/**
 * Records a span per request, by the semantic conventions for HTTP servers; it continues the trace of the client's
 * `traceparent`. It names the route, but neither the requested address nor a header, because they can contain secrets.
 */
export function traceRequests(app: FastifyInstance, { api, tracer, context, propagation }: Tracing): void {
  const spans = new WeakMap<FastifyRequest, Span>()

  app.addHook('onRequest', (request, _reply, done) => {
    const route = request.is404 ? undefined : request.routeOptions.url
    const parent = propagation.extract(context.active(), request.headers)
    const span = tracer.startSpan(
      route === undefined ? request.method : `${request.method} ${route}`,
      {
        kind: api.SpanKind.SERVER,
        attributes: {
          'http.request.method': request.method,
          ...(route === undefined ? {} : { 'http.route': route }),
        },
      },
      parent,
    )
    spans.set(request, span)
    context.with(api.trace.setSpan(parent, span), done)
  })

  app.addHook('onResponse', async (request, reply) => {
    const span = spans.get(request)
    if (span === undefined) return
    span.setAttribute('http.response.status_code', reply.statusCode)
    if (reply.statusCode >= 500) span.setStatus({ code: api.SpanStatusCode.ERROR })
    span.end()
  })
}
