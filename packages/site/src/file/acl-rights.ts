import { commandNames } from './redis-commands.ts'
import type { Engine } from './site.ts'
import { suggest } from './suggest.ts'

/**
 * Commands that no user of a client may run, with the categories of Redis 7.0 that hold them: those that administer a
 * server, and those that delete whole databases, because patterns of keys do not restrict them.
 */
const REFUSED: readonly (readonly [commands: string, ...categories: string[]])[] = [
  [
    'acl bgrewriteaof bgsave cluster config debug failover latency module monitor psync replconf replicaof save ' +
      'shutdown slaveof slowlog sync',
    ...['all', 'admin', 'dangerous', 'slow'],
  ],
  [
    'client|kill client|list client|no-evict client|pause client|unblock client|unpause',
    ...['all', 'admin', 'dangerous', 'slow', 'connection'],
  ],
  ['pfdebug', 'all', 'admin', 'dangerous', 'slow', 'hyperloglog', 'write'],
  ['pfselftest', 'all', 'admin', 'dangerous', 'slow', 'hyperloglog'],
  ['flushall flushdb', 'all', 'dangerous', 'slow', 'keyspace', 'write'],
  ['swapdb', 'all', 'dangerous', 'fast', 'keyspace', 'write'],
]

/** The categories of commands of Redis 7.0. An engine does not start with a category that it does not know. */
const CATEGORIES: readonly string[] = (
  'all keyspace read write set sortedset list hash string bitmap hyperloglog geo stream pubsub admin fast slow ' +
  'blocking dangerous connection transaction scripting'
).split(' ')

/**
 * Why a rule about commands is not one, in a sentence; null if it is. Redis does not start with a command or a category that
 * it does not know.
 */
export function commandRuleProblem(rule: string, engine: Engine): string | null {
  const [, category, command] = /^[+-](?:@([a-z]+)|([a-z0-9_.-]+(?:\|[a-z0-9_.-]+)?))$/.exec(rule) ?? []
  const server = `${engine.name === 'redis' ? 'Redis' : 'Valkey'} ${engine.version}`
  if (category !== undefined) {
    if (CATEGORIES.includes(category)) return null
    return `${server} has no category "@${category}".${didYouMean(category, CATEGORIES, '@')}`
  }
  if (command === undefined) {
    return 'A rule is + or -, then a command or a category in lower case, such as +get or -@dangerous.'
  }
  const names = commandNames(engine)
  return isCommand(command, names)
    ? null
    : `${server} has no command "${command.replace('|', ' ').toUpperCase()}".${didYouMean(command, names)}`
}

/** Commands of modules have a dot in their names. Only the server knows them. */
function isCommand(named: string, names: readonly string[]): boolean {
  if (names.includes(named) || named.includes('.')) return true
  const [command = '', first] = named.split('|')
  // A rule may allow a command without sub-commands with one first argument, such as `+select|0`.
  return (
    first !== undefined && names.includes(command) && !names.some((name) => name.startsWith(`${command}|`))
  )
}

function didYouMean(wrong: string, words: readonly string[], sign = ''): string {
  const meant = suggest(wrong, words)
  return meant === null ? '' : ` Did you mean "${sign}${meant}"?`
}

/** The refused commands that rules allow, in the order in which Redis applies them. Pure. */
export function refusedCommands(rules: readonly string[]): string[] {
  const allowed = new Set<string>()
  for (const rule of rules) {
    for (const [commands, ...categories] of REFUSED) {
      for (const command of commands.split(' ')) {
        if (!concerns(rule.slice(1), command, categories)) continue
        if (rule.startsWith('+')) allowed.add(command)
        // Without one sub-command, the others of a command that administers a server are still allowed.
        else if (!rule.includes('|') || rule.slice(1) === command) allowed.delete(command)
      }
    }
  }
  return [...allowed]
}

/** Whether a rule about `named` changes the right to run a command, or a part of it. */
function concerns(named: string, command: string, categories: readonly string[]): boolean {
  if (named.startsWith('@')) return categories.includes(named.slice(1))
  return named === command || named.startsWith(`${command}|`) || command.startsWith(`${named}|`)
}

/** Whether a glob pattern of Redis matches a name that begins with `prefix`. When in doubt, it does. Pure. */
export function mayMatchPrefix(pattern: string, prefix: string): boolean {
  const first = pattern.charAt(0)
  const wanted = prefix.charAt(0)
  if (wanted === '') return true
  if (first === '') return false
  if (first === '*')
    return mayMatchPrefix(pattern.slice(1), prefix) || mayMatchPrefix(pattern, prefix.slice(1))
  if (first === '[') {
    const [whole, negation, members = ''] = /^\[(\^?)([^\]]*)\]/.exec(pattern) ?? []
    // Redis reads escapes, open classes and a last hyphen in ways of its own.
    if (whole === undefined || /\\|-$/.test(members)) return true
    return (
      isMember(members, wanted) !== (negation === '^') &&
      mayMatchPrefix(pattern.slice(whole.length), prefix.slice(1))
    )
  }
  const isEscaped = first === '\\' && pattern.length > 1
  const literal = isEscaped ? pattern.charAt(1) : first
  if (literal !== wanted && (isEscaped || first !== '?')) return false
  return mayMatchPrefix(pattern.slice(isEscaped ? 2 : 1), prefix.slice(1))
}

/** Whether a class such as `a-fx` has a character. */
const isMember = (members: string, character: string): boolean =>
  [...members.matchAll(/(.)-(.)|./g)].some(([text, from, to]) => {
    if (from === undefined || to === undefined) return text === character
    return from <= to ? from <= character && character <= to : to <= character && character <= from
  })
