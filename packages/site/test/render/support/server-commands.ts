import type { Connection, Reply } from '@holdfast/tokens/redis'

/** A command, as the server describes it. */
export interface Command {
  /** The name as in an ACL: `get`, `config|get`. */
  name: string
  /** The number of words, with the name. Negative: the minimum. */
  arity: number
  categories: string[]
  keySpecs: KeySpec[]
}

interface KeySpec {
  flags: string[]
  begin_search: { type: string; spec: { index: number; keyword: string } }
  find_keys: { type: string; spec: { keynumidx: number; firstkey: number } }
}

const PATIENCE_MS = 10_000

/** Every command of a server. A command with subcommands is replaced by them. */
export async function commandsOf(admin: Connection): Promise<Command[]> {
  const names = texts(await admin.send(['COMMAND', 'LIST'], PATIENCE_MS)) as string[]
  const leaves = names.filter((name) => !names.some((other) => other.startsWith(`${name}|`)))
  const found = texts(await admin.send(['COMMAND', 'INFO', ...leaves], PATIENCE_MS)) as Described[]
  return found.map(([name, arity, , , , , categories, , specs]) => ({
    name,
    arity,
    categories,
    // A shard channel has the position of a key, but is not one. Keys at unknown positions cannot be tested.
    keySpecs: specs.filter(
      ({ flags, find_keys }) => !flags.includes('not_key') && find_keys.type !== 'unknown',
    ),
  }))
}

type Described = [
  string,
  number,
  unknown,
  number,
  number,
  number,
  categories: string[],
  tips: unknown,
  KeySpec[],
]

/** The command with the number of arguments that it needs. */
export function wordsOf({ name, arity }: Command, filler = 'x'): string[] {
  const words = name.split('|')
  while (words.length < Math.abs(arity)) words.push(filler)
  return words
}

/** The command with this key at every position of a key. */
export function withKey(command: Command, key: string): string[] {
  const words = wordsOf(command)
  const put = (at: number, word: string) => {
    while (words.length <= at) words.push('x')
    words[at] = word
  }
  for (const { begin_search: begin, find_keys: find } of command.keySpecs) {
    let at = begin.spec.index
    if (begin.type === 'keyword') {
      at = words.length + 1
      words.push(begin.spec.keyword, key, 'x')
    }
    if (find.type === 'range') put(at, key)
    if (find.type === 'keynum') {
      put(at + find.spec.keynumidx, '1')
      put(at + find.spec.firstkey, key)
    }
  }
  return words
}

/** A reply with texts instead of bytes. */
export function texts(reply: Reply): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString()
  if (Array.isArray(reply)) return reply.map(texts)
  if (reply === null || typeof reply !== 'object') return reply
  return Object.fromEntries(Object.entries(reply).map(([name, value]) => [name, texts(value)]))
}
