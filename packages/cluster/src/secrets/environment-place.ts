import { SECRET_NAMES } from './secrets.ts'
import { judgeValues, nothing, type SecretsSeen } from './seen.ts'

/** The variable of a secret: `DC1_SENTINEL_ADMIN` for `sentinelAdmin`. */
const variableOf = (prefix: string, secret: string): string =>
  `${prefix}_${secret.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

/** Looks at secrets in the environment: one variable each. `keyring` is JSON. */
export function seeEnvironment(
  prefix: string,
  environment: Readonly<Record<string, string | undefined>>,
): SecretsSeen {
  const where = `the environment, as ${prefix}_...`
  const values = SECRET_NAMES.flatMap((secret) => {
    const text = environment[variableOf(prefix, secret)]
    return text === undefined ? [] : [[secret, secret === 'keyring' ? fromJson(text) : text]]
  })
  if (values.length === 0) return nothing(where)
  return judgeValues(where, Object.fromEntries(values), (secret) => variableOf(prefix, secret))
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
