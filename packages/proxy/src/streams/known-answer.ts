import { array, OK } from '../resp/reply.ts'
import { RequestParser } from '../resp/request-parser.ts'
import type { Call } from './call.ts'

const NO_LIMIT = { maxBytes: Number.MAX_SAFE_INTEGER, maxArgs: Number.MAX_SAFE_INTEGER }

/** Seconds and milliseconds that Redis accepts as a time to live, whatever the time is now. */
const LIFETIMES: Readonly<Record<string, RegExp>> = { ex: /^[1-9]\d{0,8}$/, px: /^[1-9]\d{0,11}$/ }

/**
 * The answer of a call that was done, if it does not depend on the data: `SET` answers OK, `INCR` does not. Null: only the
 * server knew it. Pure.
 */
export function knownAnswer({
  commands,
  isTransaction,
}: Pick<Call, 'commands' | 'isTransaction'>): Buffer | null {
  const answers = commands.map(answerOfCommand)
  const known = answers.filter((answer) => answer !== null)
  if (known.length < answers.length) return null
  return isTransaction ? array(known) : (known[0] ?? null)
}

function answerOfCommand(raw: Buffer): Buffer | null {
  const [request] = new RequestParser(NO_LIMIT).push(raw)
  const [name, ...args] = request?.args ?? []
  return isAlwaysOk(lowerCase(name), args) ? OK : null
}

function isAlwaysOk(name: string, args: readonly Buffer[]): boolean {
  switch (name) {
    case 'set': {
      const [, , option, value, ...more] = args.map(lowerCase)
      if (args.length === 2 || (option === 'keepttl' && args.length === 3)) return true
      return option !== undefined && more.length === 0 && isLifetime(option, value)
    }
    case 'setex':
      return isLifetime('ex', lowerCase(args[1]))
    case 'psetex':
      return isLifetime('px', lowerCase(args[1]))
    case 'mset':
      return args.length > 0 && args.length % 2 === 0
    default:
      return false
  }
}

const isLifetime = (unit: string, value: string | undefined): boolean =>
  LIFETIMES[unit]?.test(value ?? '') === true

/** Names, options and numbers are short. */
const lowerCase = (arg: Buffer | undefined): string => (arg ?? '').toString('latin1', 0, 16).toLowerCase()
