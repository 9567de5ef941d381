import { HoldfastError } from '@holdfast/tokens'
import fastify, { type FastifyBaseLogger, type FastifyServerOptions } from 'fastify'

/** The target of the log: one JSON object per line. */
export interface LogStream {
  write(line: string): void
}

type LoggerOptions = Exclude<NonNullable<FastifyServerOptions['logger']>, boolean>

/**
 * The settings of the log. Requests and errors are reduced to parts that cannot contain a secret: no header, no body, and
 * not even the path, because a client may have put a token into it.
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

/** A log to standard output, for a process without a server. */
export function createLog(base: { server: string; dataCentre: string }): FastifyBaseLogger {
  return fastify({ logger: loggerOptions(base) }).log
}

/** Prepares an error for the log. Other packages' messages can quote a request, so they are left out. */
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

/** True for an error whose message contains no secret and may be logged. */
export function hasSafeMessage(error: unknown): error is HoldfastError {
  return error instanceof HoldfastError
}
