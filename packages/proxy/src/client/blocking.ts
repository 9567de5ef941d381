/** How a command that blocks is asked without blocking. Pure. */
export interface Unblocked {
  /** The command to ask. In a transaction it does not wait. */
  args: Buffer[]
  /** How long the client wants to wait (in milliseconds); infinite for 0. Null: it does not want to wait. */
  timeoutMs: number | null
  /** It changes nothing: it is asked as a read. */
  isRead: boolean
}

const asMs = (seconds: number): number => (seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1000)

/** Splits a command into what is asked and how long. A time that cannot be read is left to the server, which says so. */
export function unblock(name: string, args: readonly Buffer[]): Unblocked {
  const copy = [...args]
  if (name === 'xread' || name === 'xreadgroup') {
    const at = copy.findIndex(
      (arg, index) => index > 0 && arg.toString('latin1', 0, 8).toLowerCase() === 'block',
    )
    const streams = copy.findIndex((arg) => arg.toString('latin1', 0, 8).toLowerCase() === 'streams')
    const ms = at > 0 && (streams < 0 || at < streams) ? numberIn(copy[at + 1]) : null
    if (ms === null) return { args: copy, timeoutMs: null, isRead: name === 'xread' }
    copy.splice(at, 2)
    return { args: copy, timeoutMs: ms === 0 ? Number.POSITIVE_INFINITY : ms, isRead: name === 'xread' }
  }
  // BLMPOP and BZMPOP begin with the time, the others end with it.
  const isFirst = name === 'blmpop' || name === 'bzmpop'
  const seconds = numberIn(isFirst ? args[1] : args[args.length - 1])
  return { args: copy, timeoutMs: seconds === null ? null : asMs(seconds), isRead: false }
}

/** The ids of an XREAD that mean "from now on": their streams, with the place of the id. */
export function latestIds(args: readonly Buffer[]): { key: Buffer; at: number }[] {
  const streams = args.findIndex((arg) => arg.toString('latin1', 0, 8).toLowerCase() === 'streams')
  if (streams < 0) return []
  const count = Math.floor((args.length - streams - 1) / 2)
  return args.flatMap((arg, at) => {
    const key = args[at - count]
    return at > streams + count && arg.length === 1 && arg[0] === 0x24 && key !== undefined
      ? [{ key, at }]
      : []
  })
}

function numberIn(arg: Buffer | undefined): number | null {
  const text = arg?.toString('latin1', 0, 32) ?? ''
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : null
}
