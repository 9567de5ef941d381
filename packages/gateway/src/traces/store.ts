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

/** The same store, with a span for each call, under that of the request. A span holds no argument and no answer. */
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

/** The message of an error may name what a request brought. */
const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'ERROR')
