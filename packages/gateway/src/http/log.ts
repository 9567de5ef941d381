import fastify, { type FastifyBaseLogger, type FastifyServerOptions } from 'fastify'
import { hasSafeMessage } from './problems.ts'

/** What the log is written to: one JSON object a line. */
export interface LogStream {
  write(line: string): void
}

type LoggerOptions = Exclude<NonNullable<FastifyServerOptions['logger']>, boolean>

/**
 * The log's settings. Requests and errors are cut down to what can hold no secret: no header, no body, and
 * not even the path, since somebody may have put a token into it.
 * INV-GATEWAY-32.
 */
export function loggerOptions(
  base: { server: string; dataCentre: string },
  stream?: LogStream,
): LoggerOptions {
  return {
    level: 'info',
    base: { ...base, pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    serializers: {
      req: ({ method }) => ({ method: String(method) }),
      res: ({ statusCode }) => ({ statusCode }),
      err: loggableError,
    },
    ...(stream ? { stream } : {}),
  }
}

/** A log to standard output for a process that serves nothing itself. */
export function createLog(base: { server: string; dataCentre: string }): FastifyBaseLogger {
  return fastify({ logger: loggerOptions(base) }).log
}

/** An error as it may be logged: foreign messages can quote what a request brought, so they stay out. */
export function loggableError(error: unknown): { type: string; message: string; stack: string } {
  if (!(error instanceof Error)) return { type: typeof error, message: '[withheld]', stack: '' }
  const code = 'code' in error ? ` ${String(error.code)}` : ''
  return {
    type: `${error.name}${code}`,
    message: hasSafeMessage(error) ? error.message : '[withheld]',
    stack: (error.stack ?? '').split('\n').filter(isFrame).join('\n'),
  }
}

const isFrame = (line: string) => /^ {4}at /.test(line)

/** Says something at most once per period, and how often it was held back since. */
export function createOccasional(periodMs = 10_000): (say: (heldBack: number) => void) => void {
  let silentUntil = 0
  let heldBack = 0
  return (say) => {
    const now = performance.now()
    if (now < silentUntil) {
      heldBack++
      return
    }
    silentUntil = now + periodMs
    say(heldBack)
    heldBack = 0
  }
}
