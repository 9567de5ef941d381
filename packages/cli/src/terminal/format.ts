/** `4.2 s`, `340 ms`. */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** `12,345` */
export const count = (number: number): string => number.toLocaleString('en-US')

/** `1 user`, `3 users` */
export const plural = (number: number, word: string): string =>
  `${count(number)} ${number === 1 ? word : word.endsWith('s') ? `${word}es` : `${word}s`}`

/** `45 s`, `29 min`, `12 h`, `3 days`: the time that is left, or `over`. */
export function span(ms: number): string {
  if (ms <= 0) return 'over'
  const units = [
    ['days', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const
  const [unit, length] = units.find(([, length]) => ms >= 2 * length) ?? ['s', 1000]
  return `${Math.round(ms / length)} ${unit}`
}

/** `340 bytes`, `12.5 KB`, `3.1 MB` */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`
}

/** `2026-11-25 17:10:05 UTC` */
export const utc = (timeMs: number): string =>
  `${new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** Untrusted text on one line, without characters that would control the terminal. INV-CLI-4. */
export const printable = (text: string): string =>
  text.replace(/\p{C}/gu, (character) => (/\s/.test(character) ? ' ' : '\u{fffd}'))
