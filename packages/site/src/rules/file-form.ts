import type { Path, Problem } from '../file/finding.ts'
import { isSecretKey, looksSecret } from '../file/secret-text.ts'
import type { RuleText, ValuesRule } from './rule.ts'
import { OWASP_SECRETS } from './sources.ts'

/** Rules that `file/parse.ts` applies while it reads the file, before there is a site. */
export const fileFormRules: readonly RuleText[] = [
  {
    id: 'syntax',
    severity: 'error',
    summary: 'The file is not valid YAML, or uses a part of YAML that Holdfast does not accept.',
    why: 'Holdfast does not guess what an ambiguous file means. References (*name) are not accepted: every line must state its own value, and a small file must not expand into a huge one.',
    fix: 'Correct the line. Put a space after each colon, indent with spaces (not tabs), and quote values that contain special characters.',
    source: { title: 'YAML 1.2', url: 'https://yaml.org/spec/1.2.2/' },
  },
  {
    id: 'shape',
    severity: 'error',
    summary: 'A key is unknown or missing, or a value has the wrong type.',
    why: 'If Holdfast ignored a misspelled key, a default would silently replace the value that you meant. All other rules are skipped until the form of the file is correct.',
    fix: 'Correct the key or value that the message names. With holdfast.schema.json beside the file, editors complete and explain the keys.',
    source: { title: 'holdfast.schema.json, which `holdfast init` writes' },
  },
]

/** Rules about the plain values of a file, whatever its form. */
export const fileValuesRules: readonly ValuesRule[] = [
  {
    id: 'secret-in-file',
    severity: 'error',
    summary: 'The file appears to contain a password, a key or a token.',
    why: 'Many people can read this file, and version control keeps every secret that was ever committed.',
    fix: 'Remove the secret from the file, replace it with a new one, and name the place that keeps it under `secrets`.',
    source: OWASP_SECRETS,
    checkValues: (values) => secretsIn(values, []),
  },
]

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
  if (isFolderOfSecrets(path, value)) return
  const isSecret = path[0] === 'gateway' ? isGatewaySecret : isSecretEntry
  if (!isSecret(String(key), String(value))) return
  yield { path, message: messageFor(String(key)) }
}

/** A long path such as `secrets: { file: /srv/Holdfast2/... }` looks like a random text. */
const isFolderOfSecrets = (path: Path, value: unknown): boolean =>
  path.at(-2) === 'secrets' && path.at(-1) === 'file' && /^\.{0,2}\//.test(String(value))

const isSecretEntry = (key: string, value: string): boolean => isSecretKey(key) || looksSecret(value)

/** The rule `gateway-settings` knows which keys of a gateway are secrets. Hashes and paths only look like secrets. */
const isGatewaySecret = (key: string, value: string): boolean =>
  !/(Sha256|File)$/.test(key) && looksSecret(value)

const messageFor = (key: string): string =>
  `${key === '' ? 'This value' : `\`${key}\``} appears to contain a secret. The value is not shown.`
