/**
 * Why a Redis must not start with this ACL file; null when it may start. Pure.
 *
 * Redis loads its append-only file as the user `default`, and skips a transaction, or half of it, that this user may not run
 * (FACT-33, redis/redis#14541).
 */
export function aclProblem(text: string): string | null {
  const line = text.split(/\r?\n/).find((one) => /^user\s+default(\s|$)/.test(one.trim()))
  if (line === undefined) return 'it has no user "default", so any client could log in without a password'
  const missing = missingRights(line.trim().split(/\s+/).slice(2))
  if (missing.length === 0) return null
  return `the user "default" lacks ${missing.join(' and ')}, so Redis would skip logins and logouts when it loads its data. Set it to "user default off ~* &* +@all"`
}

function missingRights(words: readonly string[]): string[] {
  const has = { '~*': false, '&*': false, '+@all': false }
  for (const word of words) {
    if (word === '~*' || word === 'allkeys') has['~*'] = true
    else if (word === 'resetkeys') has['~*'] = false
    else if (word === '&*' || word === 'allchannels') has['&*'] = true
    else if (word === 'resetchannels') has['&*'] = false
    else if (word === '+@all' || word === 'allcommands') has['+@all'] = true
    else if (word.startsWith('-') || word === 'nocommands') has['+@all'] = false
    else if (word === 'reset') for (const right of RIGHTS) has[right] = false
  }
  return RIGHTS.filter((right) => !has[right])
}

const RIGHTS = ['~*', '&*', '+@all'] as const
