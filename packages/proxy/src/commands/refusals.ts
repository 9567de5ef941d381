import { type Command, type CommandTable, keysOfCall } from './command-table.ts'

/** The error that answers a call that the server does not know, as Redis 7 writes it. The call has at least its name. */
export function unknownCommand(table: CommandTable, args: readonly Buffer[]): Buffer {
  const [name, ...rest] = args.map(cString)
  if (table.isContainer(args[0])) {
    return error(
      `unknown subcommand '${(rest[0] ?? '').slice(0, MAX_QUOTED)}'. Try ${name?.toUpperCase()} HELP.`,
    )
  }
  let quoted = ''
  for (const arg of rest) {
    if (quoted.length >= MAX_QUOTED) break
    quoted += `'${arg.slice(0, MAX_QUOTED - quoted.length)}' `
  }
  return error(`unknown command '${name?.slice(0, MAX_QUOTED)}', with args beginning with: ${quoted}`)
}

/** The error that answers a call with too few or too many arguments, as Redis 7 writes it. */
export const wrongArity = ({ name }: Command): Buffer =>
  error(`wrong number of arguments for '${name}' command`)

/** The data that a client may not touch. */
export interface Reserved {
  /** The logical database of the completion records. */
  recordsDb: number
}

/** The database of the keys of Holdfast. */
export const HOLDFAST_DB = 0

/**
 * Returns the error for a call that the proxy refuses, or null. `db`: the client's logical database. Called for each
 * command, so the common case looks at the first bytes of the arguments only.
 */
export function refusal(
  command: Command,
  args: readonly Buffer[],
  db: number,
  { recordsDb }: Reserved,
): Buffer | null {
  if (command.reason !== undefined) return refused(command.name, command.reason)
  if (args.some(isReserved) && keysOfCall(command, args).some(isReserved)) {
    return refused(command.name, 'Keys that begin with `hf:` belong to Holdfast. Choose another name.')
  }
  const reason = BY_ARGUMENTS[command.name]?.(args, db, recordsDb) ?? null
  return reason === null ? null : refused(command.name, reason)
}

type Judge = (args: readonly Buffer[], db: number, recordsDb: number) => string | null

const targetsRecords = (target: string | undefined, recordsDb: number): string | null =>
  target === String(recordsDb)
    ? `Database ${recordsDb} holds the completion records of the proxy. Choose another database.`
    : null

/** Commands that are refused with some arguments. */
const BY_ARGUMENTS: Record<string, Judge> = {
  select: ([, target], _, recordsDb) => targetsRecords(target?.toString('latin1'), recordsDb),
  move: ([, , target], _, recordsDb) => targetsRecords(target?.toString('latin1'), recordsDb),
  copy: (args, _, recordsDb) => targetsRecords(valueBehind(args, 'db', 3), recordsDb),
  flushdb: (_, db, recordsDb) =>
    db === HOLDFAST_DB || db === recordsDb
      ? `Database ${db} also holds data of Holdfast. Delete your keys by name, or keep them in another database.`
      : null,
  randomkey: (_, db) =>
    db === HOLDFAST_DB
      ? `Database ${db} also holds data of Holdfast, whose keys it could show. Use SCAN, which leaves them out.`
      : null,
  'acl|log': ([, , what]) => (lowerCase(what) === 'reset' ? 'It changes the log of one server.' : null),
  'client|reply': ([, , mode]) =>
    lowerCase(mode) === 'off' || lowerCase(mode) === 'skip'
      ? 'Without an answer a client cannot learn whether a write was done.'
      : null,
  'client|tracking': ([, , mode]) =>
    lowerCase(mode) === 'on'
      ? 'The proxy does not offer client tracking. Cache without it, or not at all.'
      : null,
}

/** Whether a key begins with `hf:`. */
export const isReserved = (key: Buffer): boolean => key[0] === 0x68 && key[1] === 0x66 && key[2] === 0x3a

/** The argument behind the last option of this name. */
function valueBehind(args: readonly Buffer[], option: string, from: number): string | undefined {
  let value: string | undefined
  for (let at = from; at + 1 < args.length; at += 1) {
    if (lowerCase(args[at]) === option) value = args[at + 1]?.toString('latin1')
  }
  return value
}

const refused = (name: string, reason: string): Buffer =>
  error(`The proxy refuses ${name.replace('|', ' ').toUpperCase()}. ${reason}`)

/** Most bytes of a name, and of all arguments, that Redis quotes in an error. */
const MAX_QUOTED = 128

/** The text is in Latin-1, so that bytes of the client come back as they were. */
const error = (text: string): Buffer => Buffer.from(`-ERR ${text.replace(/[\r\n]/g, ' ')}\r\n`, 'latin1')

/** Redis writes arguments into errors up to their first NUL. */
const cString = (arg: Buffer): string => arg.toString('latin1').split('\0', 1)[0] ?? ''

const lowerCase = (arg: Buffer | undefined): string => (arg ?? '').toString('latin1').toLowerCase()
