import type { FastifyInstance } from 'fastify'

/**
 * Remembers the routes that are added from now on, and returns which methods an address allows. The framework's
 * `hasRoute` takes a pattern, not an address: it throws for text that is not a pattern, such as `/*x`, which any client may send.
 */
export function rememberMethods(app: FastifyInstance): (path: string) => string[] {
  const known: { method: string; pattern: RegExp }[] = []
  app.addHook('onRoute', ({ method, url }) => {
    const pattern = patternOf(url)
    for (const each of [method].flat()) known.push({ method: each, pattern })
  })
  return (path) => {
    const methods = new Set(known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))
    return app.supportedMethods.filter((method) => methods.has(method))
  }
}

/** The addresses that match a route's pattern: `:name` is one segment, `*` is the rest. */
function patternOf(url: string): RegExp {
  const parts = url.split(/(:\w+|\*)/).map((part) => {
    if (part === '*') return '.*'
    return part.startsWith(':') ? '[^/]+' : part.replace(/[\^$.|?*+()[\]{}]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}$`)
}
