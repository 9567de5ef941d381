import { checkSecrets, type Secrets } from './secrets.ts'

/** What was found in a place of secrets. */
export interface SecretsSeen {
  /** The place in words: `the file /etc/holdfast/dc1/secrets.json`. */
  where: string
  /** Null when there are none, or not all that a data centre needs. */
  secrets: Secrets | null
  /** Nothing is there. */
  absent: boolean
  /** Who else may read or change them, as sentences. */
  open: string[]
  /** Why they cannot be used, as sentences. They name what is wrong and never show it. */
  unusable: string[]
}

/** The text of a secrets file, judged. */
export function judgeText(where: string, text: string): SecretsSeen {
  try {
    return judgeValues(where, JSON.parse(text))
  } catch {
    return { ...nothing(where), absent: false, unusable: [`${capital(where)} is not JSON.`] }
  }
}

/** Secrets by name, judged. `nameOf` tells what the place calls each. */
export function judgeValues(
  where: string,
  values: unknown,
  nameOf: (secret: string) => string = (secret) => secret,
): SecretsSeen {
  const checked = checkSecrets(values)
  if ('secrets' in checked) return { ...nothing(where), absent: false, secrets: checked.secrets }
  const names = checked.wrong.map((name) => `\`${nameOf(name)}\``).join(', ')
  const unusable = `Missing or malformed in ${where}: ${names}. A password has 16 characters at least.`
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
