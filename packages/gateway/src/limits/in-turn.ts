import { createTurns, type Turns } from '../users/turns.ts'

/** Runs `work` when it is its turn among those of the same name; null when too many of that name wait, or for too long. */
export type InTurn = <T>(name: string, work: () => Promise<T>) => Promise<T | null>

/**
 * Few of one name at once, whatever others do: so that a thousand requests of one client wait for each other, and not
 * everybody else for them. Only names that have work now are remembered.
 */
export function createInTurn(bounds: Parameters<typeof createTurns>[0]): InTurn {
  const names = new Map<string, { turns: Turns; count: number }>()

  return async (name, work) => {
    const own = names.get(name) ?? { turns: createTurns(bounds), count: 0 }
    names.set(name, own)
    own.count++
    try {
      return await own.turns.take(work)
    } finally {
      own.count--
      if (own.count === 0) names.delete(name)
    }
  }
}
