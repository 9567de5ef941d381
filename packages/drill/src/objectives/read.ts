import { readFile, stat } from 'node:fs/promises'
import { openLocal } from '@holdfast/local/state/open'
import { systemCode } from '@holdfast/site/errors'
import { suggest } from '@holdfast/site/file/suggest'
import type { Timings } from '@holdfast/site/topology/topology'
import { parse } from 'yaml'
import { z } from 'zod'
import { DrillError } from '../errors.ts'
import { DRILL_IDS } from '../rehearsal/list.ts'
import { defaultObjectives } from './default.ts'
import { OBJECTIVE_IDS, type ObjectiveId, type ObjectivesFile } from './objectives.ts'

/** Larger than any list of objectives needs (in bytes). */
const MAX_BYTES = 65_536

const most = z.number().min(0).nullable().optional()
const objectivesSchema = z.strictObject(
  Object.fromEntries(OBJECTIVE_IDS.map((id) => [id, most])) as Record<ObjectiveId, typeof most>,
)
const fileSchema = z.strictObject({
  objectives: objectivesSchema.optional(),
  faults: z
    .strictObject(Object.fromEntries(DRILL_IDS.map((id) => [id, objectivesSchema.optional()])))
    .optional(),
})

/**
 * Reads a file of objectives for a data centre of this machine, YAML or JSON. Missing objectives are those of
 * {@link defaultObjectives}; null means no limit.
 *
 * Throws `OBJECTIVES_INVALID`, and `NOT_RUNNING` when there is no data centre in the folder.
 */
export async function readDrillObjectives(file: string, stateDir: string): Promise<ObjectivesFile> {
  const { topology } = await openLocal(stateDir)
  const { size } = await stat(file).catch((error: unknown) => {
    throw invalid(`${file} cannot be read (${systemCode(error)}).`, error)
  })
  if (size > MAX_BYTES)
    throw invalid(`${file} is longer than ${MAX_BYTES} bytes, so it is not a list of objectives.`)
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw invalid(`${file} cannot be read (${systemCode(error)}).`, error)
  })
  return parseObjectives(text, file, topology.timings)
}

/** The same for a text. `label` is the file's name in messages. */
export function parseObjectives(
  text: string,
  label: string,
  timings: Pick<Timings, 'downAfterMs'>,
): ObjectivesFile {
  const { success, data, error } = fileSchema.safeParse(valuesOf(text, label))
  if (!success) throw invalid(`${label}: ${sentenceOf(error.issues[0])}`, error)
  const preset = defaultObjectives(timings)
  const faults = Object.entries(data.faults ?? {}).map(([id, own]) => [
    id,
    { ...preset.faults[id], ...given(own) },
  ])
  return {
    objectives: { ...preset.objectives, ...given(data.objectives) },
    faults: { ...preset.faults, ...Object.fromEntries(faults) },
  }
}

function valuesOf(text: string, label: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0, logLevel: 'error' }) ?? {}
  } catch (error) {
    throw invalid(`${label} is neither YAML nor JSON: ${(error as Error).message.split('\n')[0]}`, error)
  }
}

/** Only the values that are given. */
const given = <T extends object>(values: T | undefined) =>
  Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined))

function sentenceOf(issue: z.core.$ZodIssue | undefined): string {
  const where = issue?.path.join('.') || 'the file'
  if (issue?.code !== 'unrecognized_keys') return `\`${where}\`: ${issue?.message ?? 'not valid'}.`
  const key = issue.keys[0] ?? ''
  const known = issue.path.length === 0 ? ['objectives', 'faults'] : [...OBJECTIVE_IDS]
  const words = issue.path.join() === 'faults' ? DRILL_IDS : known
  const meant = suggest(key, words)
  return `\`${where}\` has no key "${key}". ${meant ? `Did you mean ${meant}?` : `Its keys are ${words.join(', ')}.`}`
}

const invalid = (message: string, cause?: unknown) => new DrillError('OBJECTIVES_INVALID', message, { cause })
