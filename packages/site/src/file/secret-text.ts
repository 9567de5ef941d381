/** A longer line is not searched for secrets. */
const MAX_SHOWN_LINE = 1000

const SECRET_KEY = /pass|secret|token|credential|auth|api[-_ ]?key|private[-_ ]?key/i

/** Whether the name of a key suggests that its value is a secret. */
export const isSecretKey = (key: string): boolean => SECRET_KEY.test(key)

/** Whether a value looks like a password in a URL, a private key, or a long random text. */
export function looksSecret(value: string): boolean {
  if (/:\/\/[^/\s@:]*:[^/\s@]+@/.test(value) || value.includes('PRIVATE KEY')) return true
  if (/^[0-9a-f]{32,}$/i.test(value)) return true
  return (
    /^[A-Za-z0-9+/_=-]{32,}$/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value)
  )
}

/** Whether a line of a file may contain a secret and must not be shown. */
export function holdsSecret(line: string): boolean {
  if (line.length > MAX_SHOWN_LINE) return true
  const pairs = [...line.matchAll(/([\w.-]+)["']?\s*:\s*([^\s#{].*)/g)]
  const named = pairs.some(([, key = '', value = '']) => isSecretKey(key) && !/^credentials\b/.test(value))
  return named || line.split(/[\s"',{}[\]]+/).some(looksSecret)
}
