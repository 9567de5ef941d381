import type { Path, Problem } from '../site/finding.ts'
import { isSecretKey, looksSecret } from '../site/secret-text.ts'
import type { ValuesRule } from './rule.ts'
import { OWASP_SECRETS } from './sources.ts'

export const secretInFile: ValuesRule = {
  id: 'secret-in-file',
  severity: 'error',
  summary: 'The file seems to hold a password, a key or a token.',
  why: 'This file is read by many and kept in version control, where what was once written stays for ever.',
  fix: 'Take it out, change the secret, and name its place under `secrets` instead.',
  source: OWASP_SECRETS,
  checkValues: (values) => secretsIn(values, []),
}

function* secretsIn(value: unknown, path: Path): Iterable<Problem> {
  if (typeof value === 'object' && value !== null) {
    const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
    for (const [step, inner] of entries) {
      // `secrets: { hunter2 }`: the key is the secret.
      if (path.at(-1) === 'secrets' && inner === null) yield { path, message: messageFor('secrets') }
      yield* secretsIn(inner, [...path, step])
    }
    return
  }
  if (value === null || value === undefined || value === '' || typeof value === 'boolean') return
  const key = [...path].reverse().find((step) => typeof step === 'string') ?? ''
  if (key === 'secrets' && value === 'credentials') return
  if (isPlace(path, value)) return
  const isSecret = path[0] === 'gateway' ? isGatewaySecret : isSecretEntry
  if (!isSecret(String(key), String(value))) return
  yield { path, message: messageFor(String(key)) }
}

/** `secrets: { file: /srv/Holdfast2/... }`: a long path has the letters of a random text. */
const isPlace = (path: Path, value: unknown): boolean =>
  path.at(-2) === 'secrets' && path.at(-1) === 'file' && /^\.{0,2}\//.test(String(value))

const isSecretEntry = (key: string, value: string): boolean => isSecretKey(key) || looksSecret(value)

/** The rule `gateway-settings` knows which keys of a gateway are secrets. Its hashes look like some, and so do its paths. */
const isGatewaySecret = (key: string, value: string): boolean =>
  !/(Sha256|File)$/.test(key) && looksSecret(value)

const messageFor = (key: string): string =>
  `${key === '' ? 'This' : `\`${key}\``} seems to hold a secret, which is not shown here.`
