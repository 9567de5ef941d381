/** `4.2 s`, `340 ms`. */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** `12,345` */
export const count = (number: number): string => number.toLocaleString('en-US')

/** `1 user`, `3 users` */
export const plural = (number: number, word: string): string =>
  `${count(number)} ${number === 1 ? word : word.endsWith('s') ? `${word}es` : `${word}s`}`
