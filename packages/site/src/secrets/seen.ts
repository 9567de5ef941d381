import { checkSecrets, type Secrets } from './secrets.ts'

/** The result of inspecting a place that keeps secrets. */
export interface SecretsSeen {
  /** The place, for messages: `the file /etc/holdfast/dc1/secrets.json`. */
  where: string
  /** Null if there are no secrets, or some are missing or invalid. */
  secrets: Secrets | null
  /** Whether the place has no secrets at all. */
  absent: boolean
  /** Sentences about other users who can read or change the secrets. */
  open: string[]
  /** Sentences that say why the secrets cannot be used. They never show a secret. */
  unusable: string[]
}

/** Inspects the text of a secrets file. */
export function inspectText(where: string, text: string): SecretsSeen {
  try {
    return inspectValues(where, JSON.parse(text))
  } catch {
    return { ...nothing(where), absent: false, unusable: [`${capital(where)} is not JSON.`] }
  }
}

/** Inspects secrets by name. `nameOf` returns the name of a secret in that place. */
export function inspectValues(
  where: string,
  values: unknown,
  nameOf: (secret: string) => string = (secret) => secret,
): SecretsSeen {
  const checked = checkSecrets(values)
  if ('secrets' in checked) return { ...nothing(where), absent: false, secrets: checked.secrets }
  const names = checked.wrong.map((name) => `\`${nameOf(name)}\``).join(', ')
  const unusable = `Missing or invalid in ${where}: ${names}. A password must have at least 16 characters.`
  return { ...nothing(where), absent: false, unusable: [unusable] }
}

export const nothing = (where: string): SecretsSeen => ({
  where,
  secrets: null,
  absent: true,
  open: [],
  unusable: [],
})

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
