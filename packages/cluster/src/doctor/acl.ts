/** An ACL user as rules that can be compared. */
export interface AclUser {
  name: string
  isOn: boolean
  nopass: boolean
  /** SHA-256 of its passwords, in hexadecimal. */
  passwordHashes: string[]
  /** Commands, expanded from categories, and patterns of keys and channels, sorted. */
  rules: string[]
}

/** Redis lets everybody send these, whatever the rules say (CMD_NO_AUTH). */
const FREE = ['auth', 'hello', 'quit', 'reset']

/**
 * Reads a line of `ACL LIST` or of an ACL file. Redis 7 writes the shortest rules that mean the same, such as
 * `+@fast -role`; `categories` says which commands such a category holds. A selector, in parentheses, is one rule. Pure.
 */
export function parseAclUser(line: string, categories: Readonly<Record<string, readonly string[]>>): AclUser {
  const [, name = '', ...words] = line.replace(SELECTOR, ' ').trim().split(/\s+/)
  const selectors = [...line.matchAll(SELECTOR)].map(
    ([, rules = '']) => `(${rulesOf(rules.trim().split(/\s+/), categories).join(' ')})`,
  )
  return {
    name,
    isOn: words.includes('on'),
    nopass: words.includes('nopass'),
    passwordHashes: words.flatMap((word) => (word.startsWith('#') ? [word.slice(1)] : [])),
    rules: [...rulesOf(words, categories), ...selectors].sort(),
  }
}

/** Rules of a user beside its others (Redis 7). */
const SELECTOR = /\(([^()]*)\)/g

/** The rules of a user or of one of its selectors: which commands, and the patterns of keys and channels, sorted. */
function rulesOf(
  words: readonly string[],
  categories: Readonly<Record<string, readonly string[]>>,
): string[] {
  const commands = new Set<string>()
  const patterns = new Set<string>()
  for (const word of words) {
    const command = word.slice(1)
    if (word === 'resetchannels') remove(patterns, '&')
    else if (word === '-@all') commands.clear()
    else if (word.startsWith('+@'))
      for (const one of categories[command.slice(1)] ?? [command]) commands.add(one)
    else if (word.startsWith('-@'))
      for (const one of categories[command.slice(1)] ?? [command]) commands.delete(one)
    else if (word.startsWith('+')) commands.add(command)
    else if (word.startsWith('-')) commands.delete(command)
    else if (/^[~&%]/.test(word)) patterns.add(word)
  }
  for (const free of FREE) commands.delete(free)
  return [...patterns, ...[...commands].map((command) => `+${command}`)].sort()
}

function remove(patterns: Set<string>, kind: string): void {
  for (const pattern of patterns) if (pattern.startsWith(kind)) patterns.delete(pattern)
}

/** The categories that the lines name, without `@all`. */
export function categoriesIn(lines: readonly string[]): string[] {
  const named = lines.flatMap((line) => line.match(/(?<=[+-]@)\w+/g) ?? [])
  return [...new Set(named)].filter((name) => name !== 'all')
}
