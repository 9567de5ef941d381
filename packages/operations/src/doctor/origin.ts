import { answering } from '@holdfast/agent/group/health'
import type { Snapshot } from './snapshot.ts'

/** Whether Holdfast set up the examined group, and the sign that shows it. */
export interface Origin {
  byHoldfast: boolean
  /** One sentence. */
  because: string
}

/**
 * Whether Holdfast set up these Redis and Sentinels. The sign is the file with which each process was started: no command
 * changes it while the process runs, no problem that Holdfast fixes can damage it, and no other software starts a Redis
 * with it. The group id and the users prove nothing: people give them to groups of their own. Pure.
 */
export function originOf({ unitFiles, redis, sentinels }: Snapshot): Origin {
  if (unitFiles === null) {
    return { byHoldfast: true, because: '`holdfast up` created it: its state folder is on this machine.' }
  }
  const started = [
    ...answering(redis).map(({ name, facts }) => ({
      name,
      file: facts.info['config_file'] ?? '',
      planned: unitFiles.redis,
    })),
    ...answering(sentinels).map(({ name, facts }) => ({
      name,
      file: facts.configFile,
      planned: unitFiles.sentinel,
    })),
  ]
  if (started.length === 0) return { byHoldfast: false, because: 'No process could be asked.' }
  const foreign = started.find(({ file, planned }) => file !== planned)
  if (foreign !== undefined) {
    const { name, file, planned } = foreign
    return {
      byHoldfast: false,
      because: `${name} was started with ${file === '' ? 'no file' : file}, but Holdfast's unit starts it with ${planned}.`,
    }
  }
  return {
    byHoldfast: true,
    because: `Every process that answers was started with the file of Holdfast's unit, such as ${unitFiles.redis}.`,
  }
}
