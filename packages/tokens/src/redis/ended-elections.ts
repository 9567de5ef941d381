/**
 * Formats up to which epoch elections are over, by the id of each Sentinel that was asked:
 * `<id>:<epoch> <id>:<epoch> …`. Pure.
 */
export function formatEndedElections(ended: ReadonlyMap<string, number>): string {
  return [...ended].map(([id, epoch]) => `${id}:${epoch}`).join(' ')
}

/** Parses that text. Returns an empty map for any other text. */
export function parseEndedElections(text: string): Map<string, number> {
  const ended = new Map<string, number>()
  for (const part of text.slice(0, MAX_LENGTH).split(' ')) {
    const [, id, epoch] = /^([0-9a-f]{40}):(\d{1,15})$/.exec(part) ?? []
    if (id === undefined) return new Map()
    ended.set(id, Number(epoch))
  }
  return ended
}

/** Enough for many more Sentinels than a data centre has. */
const MAX_LENGTH = 4096
