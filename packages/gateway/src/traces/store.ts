import type { TokenStore } from '@holdfast/tokens'
import type { Tracing } from './tracing.ts'

const TRACED = [
  'issue',
  'verify',
  'touch',
  'update',
  'rotate',
  'revoke',
  'revokeById',
  'revokeSubject',
  'list',
] as const

/** Wraps a store so that each call has a span, below the span of the request. A span contains no argument and no result. */
export function traceStore(store: TokenStore, { api, tracer }: Tracing): TokenStore {
  const traced = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      const method = value.bind(target) as (...args: unknown[]) => unknown
      if (!TRACED.some((each) => each === name)) return method
      return (...args: unknown[]) =>
        tracer.startActiveSpan(`store.${String(name)}`, async (span) => {
          try {
            return await method(...args)
          } catch (error) {
            span.setStatus({ code: api.SpanStatusCode.ERROR, message: codeOf(error) })
            throw error
          } finally {
            span.end()
          }
        })
    },
  })
  return traced
}

/** Only the code: the message of an error may quote a request. */
const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'ERROR')
