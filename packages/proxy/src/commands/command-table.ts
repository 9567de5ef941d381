import type { Reply } from '@holdfast/tokens/redis'
import { type Handling, handlingOf } from './handling.ts'
import { type KeySpec, keysOf, readKeySpec } from './keys.ts'

/** A command, or a sub-command of one, as the proxy handles it. */
export interface Command {
  /** In lower case. A sub-command has the name of its command before it, such as `config|get`. */
  name: string
  /** How many arguments it has, with its name. A negative number is the smallest number of them. */
  arity: number
  handling: Handling
  /** Why the proxy refuses it: one sentence for the client. */
  reason?: string
  /** Whether the server refuses it while its memory is full. */
  deniesOnOom: boolean
  /** Whether a script may run it. */
  isForScripts: boolean
  keySpecs: readonly KeySpec[]
  /** By their names in lower case. Null: it has none. */
  subcommands: ReadonlyMap<string, Command> | null
}

/** The commands of a server, from its own answer to `COMMAND` in RESP2. */
export class CommandTable {
  readonly #commands: ReadonlyMap<string, Command>

  private constructor(commands: ReadonlyMap<string, Command>) {
    this.#commands = commands
  }

  static from(reply: Reply): CommandTable {
    const commands = list(reply).map(readCommand)
    return new CommandTable(new Map(commands.map((command) => [command.name, command])))
  }

  /** All commands, each with its sub-commands behind it. */
  get all(): Command[] {
    return [...this.#commands.values()].flatMap((command) => [
      command,
      ...(command.subcommands?.values() ?? []),
    ])
  }

  /**
   * Finds a command by its arguments, as the server does. `name` is the first one in lower case. Null: the server does not
   * know it.
   */
  find(args: readonly Buffer[], name = lowerCase(args[0])): Command | null {
    const command = this.#commands.get(name)
    if (command === undefined) return null
    if (command.subcommands === null || args.length === 1) return command
    return command.subcommands.get(lowerCase(args[1])) ?? null
  }

  /** Whether a command has sub-commands, so that an unknown one is an unknown sub-command. */
  isContainer(name: Buffer | undefined): boolean {
    return (this.#commands.get(lowerCase(name))?.subcommands ?? null) !== null
  }
}

/** Whether the number of arguments fits. */
export const fitsArity = ({ arity }: Command, args: readonly Buffer[]): boolean =>
  arity < 0 ? args.length >= -arity : args.length === arity

/** The keys of a call, as far as the server's table says where they are. */
export const keysOfCall = ({ name, keySpecs }: Command, args: readonly Buffer[]): Buffer[] =>
  keysOf(name, keySpecs, args)

/** Commands that can add elements although they need no memory by themselves. */
const ADDS_ELEMENTS = new Set(['rename', 'renamenx', 'eval', 'evalsha', 'fcall'])

/** Whether a call can add elements to its keys: those for which the server demands memory, and a few more. */
export const mayAddElements = ({ name, deniesOnOom }: Command): boolean =>
  deniesOnOom || ADDS_ELEMENTS.has(name)

/** One element of the answer to `COMMAND`: name, arity, flags, three positions, categories, tips, keys, sub-commands. */
function readCommand(reply: Reply): Command {
  const [name, arity, flags, , , , , , keySpecs, subcommands] = list(reply)
  const lower = String(name).toLowerCase()
  const allFlags = new Set(list(flags).map(String))
  const own = list(subcommands ?? []).map(readCommand)
  return {
    name: lower,
    arity: Number(arity),
    ...handlingOf(lower, allFlags, own.length > 0 && Number(arity) <= -2),
    deniesOnOom: allFlags.has('denyoom'),
    isForScripts: !allFlags.has('noscript'),
    keySpecs: list(keySpecs ?? []).flatMap((spec) => readKeySpec(spec) ?? []),
    subcommands: own.length === 0 ? null : new Map(own.map((each) => [each.name.split('|')[1] ?? '', each])),
  }
}

function list(reply: Reply | undefined): Reply[] {
  if (!Array.isArray(reply))
    throw new TypeError('The answer to COMMAND has another form than that of Redis 7.')
  return reply
}

/** Commands are ASCII, and other bytes must stay what they are. */
const lowerCase = (name: Buffer | undefined): string => (name ?? '').toString('latin1').toLowerCase()
