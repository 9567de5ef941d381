import { answering, type Snapshot } from './snapshot.ts'

/** Whether Holdfast has set up what was examined, and how that is known. */
export interface Origin {
  byHoldfast: boolean
  /** One sentence. */
  because: string
}

/**
 * Whether Holdfast has set up these Redis and Sentinels. The sign is the file with which each was started: no command
 * changes it while a process runs, none of what Holdfast fixes can damage it, and nobody else starts a Redis with it.
 * The mark and the users prove nothing: people give them to sets of their own. Pure.
 */
export function originOf({ unitFiles, redis, sentinels }: Snapshot): Origin {
  if (unitFiles === null) {
    return { byHoldfast: true, because: '`holdfast up` has made it: its state folder is on this machine.' }
  }
  const started = [
    ...answering(redis).map(({ name, facts }) => ({
      name,
      by: facts.info['config_file'] ?? '',
      of: 'redis' as const,
    })),
    ...answering(sentinels).map(({ name, facts }) => ({
      name,
      by: facts.configFile,
      of: 'sentinel' as const,
    })),
  ]
  if (started.length === 0) return { byHoldfast: false, because: 'No process could be asked.' }
  const stranger = started.find(({ by, of }) => by !== unitFiles[of])
  if (stranger !== undefined) {
    const { name, by, of } = stranger
    return {
      byHoldfast: false,
      because: `${name} was started with ${by === '' ? 'no file' : by}, and Holdfast's unit starts it with ${unitFiles[of]}.`,
    }
  }
  return {
    byHoldfast: true,
    because: `Every process that answers was started with the file of Holdfast's unit, such as ${unitFiles.redis}.`,
  }
}
