import { type Asked, answering, type KnownPeer, type SentinelFacts, type Snapshot } from '../snapshot.ts'
import { dissenters } from './sentinels-disagree.ts'

/** The Sentinels that watch the right primary: what the others know is of no interest. */
export function agreeing(snapshot: Snapshot) {
  const wrong = dissenters(snapshot)
  return answering(snapshot.sentinels).filter((one) => !wrong.some(({ name }) => name === one.name))
}

/** What Sentinels know and nobody planned: `host:port`, and which of them know it. */
export function strangers(
  snapshot: Snapshot,
  peersOf: (facts: SentinelFacts) => readonly KnownPeer[],
  planned: readonly Asked<unknown>[],
): [at: string, knownTo: string[]][] {
  const found = new Map<string, string[]>()
  for (const { name, facts } of agreeing(snapshot)) {
    for (const { at, port } of peersOf(facts)) {
      if (port === 0 || planned.some((one) => one.at === at)) continue
      found.set(at, [...(found.get(at) ?? []), name])
    }
  }
  return [...found]
}

/** The planned processes that a Sentinel does not know. */
export function missing(
  known: readonly KnownPeer[],
  planned: readonly Asked<unknown>[],
  besides: string,
): string[] {
  return planned
    .filter(({ at }) => at !== besides && !known.some((one) => one.at === at))
    .map(({ name }) => name)
}
