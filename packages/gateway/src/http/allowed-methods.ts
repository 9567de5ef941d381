import type { FastifyInstance } from 'fastify'

/**
 * Remembers the routes that a server gets from now on, and answers which methods an address takes. The framework's own
 * `hasRoute` takes a pattern, not an address: it throws for what is no pattern, such as `/*x`, which anybody may send.
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

/** What addresses a route's pattern stands for: `:name` is one part, `*` is all that follows. */
function patternOf(url: string): RegExp {
  const parts = url.split(/(:\w+|\*)/).map((part) => {
    if (part === '*') return '.*'
    return part.startsWith(':') ? '[^/]+' : part.replace(/[\^$.|?*+()[\]{}]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}$`)
}
