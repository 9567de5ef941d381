/** Words that attackers try first. A password that contains one is only as strong as the rest of it. */
const KNOWN_WORDS =
  /passw(or)?d|secret|redis|sentinel|valkey|holdfast|itential|admin|changeme|welcome|letmein|qwerty|default|master|replica|token|login|demo|test/g

/**
 * Estimates how many bits an attacker must guess, at most, from the alphabet and the length of a password. Known
 * words, runs (aaaa, 1234) and repetitions (abcabc) do not count.
 */
export function strengthBits(password: string): number {
  const rest = withoutRuns(unrepeated(withoutWords(password)))
  return rest.length * Math.log2(Math.min(alphabetOf(password), 2 * new Set(password).size))
}

function withoutWords(password: string): string {
  const plain = password.toLowerCase().replace(/[@401$53!7]/g, (letter) => PLAIN[letter] ?? letter)
  let rest = password
  for (const { 0: word, index } of [...plain.matchAll(KNOWN_WORDS)].reverse()) {
    rest = rest.slice(0, index) + rest.slice(index + word.length)
  }
  return rest
}

const PLAIN: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '0': 'o',
  '1': 'l',
  '!': 'l',
  $: 's',
  '5': 's',
  '3': 'e',
  '7': 't',
}

/** `abcabcabc` as `abc`. */
function unrepeated(text: string): string {
  const period = (text + text).indexOf(text, 1)
  return period > 0 ? text.slice(0, period) : text
}

/** Removes letters that continue a run: the same step from letter to letter (aaaa, abcd, 4321). */
function withoutRuns(text: string): string {
  return [...text]
    .filter((_, index) => {
      const [one, two, three] = [index - 2, index - 1, index].map((at) => text.charCodeAt(at))
      const step = (three ?? Number.NaN) - (two ?? Number.NaN)
      return !(Math.abs(step) <= 1 && step === (two ?? Number.NaN) - (one ?? Number.NaN))
    })
    .join('')
}

/** The size of the alphabet. Letters of both cases count as base64. */
function alphabetOf(password: string): number {
  if (/^\d+$/.test(password)) return 10
  if (/^[0-9a-f]+$/.test(password) || /^[0-9A-F]+$/.test(password)) return 16
  if (/[a-z]/.test(password) && /[A-Z]/.test(password)) return /[^\w+/=-]/.test(password) ? 94 : 64
  return /[^a-zA-Z]/.test(password) ? 36 : 26
}
