import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildClockShim } from '@holdfast/testing/clock'
import { buildPrograms } from './programs.ts'
import type { RunRecord } from './result.ts'

const PREFIX = 'holdfast-faults-'

/**
 * The working folder of a campaign. The campaign removes it at its end. Its name contains the process's id and start
 * time, so the next campaign can remove the folder that a killed campaign left behind.
 */
export class WorkingFolder {
  readonly folder: string
  readonly clockShim: string
  /** The program that runs a plan. */
  readonly program: string
  /** The folder where Node keeps compiled modules. Without it, every server of every run would compile them again. */
  readonly compileCache: string
  #runs = 0

  private constructor(folder: string, clockShim: string, program: string) {
    this.folder = folder
    this.clockShim = clockShim
    this.program = program
    this.compileCache = join(folder, 'compile-cache')
  }

  static async open(): Promise<WorkingFolder> {
    await removeLeftovers()
    const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-${await startTimeOf(process.pid)}-`))
    return new WorkingFolder(
      folder,
      await buildClockShim(folder),
      await buildPrograms(join(folder, 'programs')),
    )
  }

  /** Creates an empty folder for one run. */
  async makeRunFolder(): Promise<string> {
    const folder = join(this.folder, `run-${++this.#runs}`)
    await mkdir(folder)
    return folder
  }

  async removeRunFolder(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true })
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Keeps the evidence of a failed run: its history, the logs of its nodes and servers, its timeline and its result. */
export async function saveEvidence(
  runFolder: string,
  evidenceFolder: string,
  record: RunRecord | null,
): Promise<void> {
  await rm(evidenceFolder, { recursive: true, force: true })
  await mkdir(evidenceFolder, { recursive: true })
  await cp(runFolder, evidenceFolder, {
    recursive: true,
    filter: (file) => !/appendonlydir|clock-(?!shim)|\.sock$/.test(file),
  })
  if (record === null) return
  await writeFile(join(evidenceFolder, 'result.json'), `${JSON.stringify(record.result, null, 2)}\n`)
  const [first] = record.timeline
  const lines = record.timeline.map(
    ({ atMs, what }) => `${((atMs - (first?.atMs ?? 0)) / 1000).toFixed(3).padStart(8)} s  ${what}`,
  )
  await writeFile(
    join(evidenceFolder, 'timeline.txt'),
    `0 s is ${first?.atMs ?? 0} ms on the clock of the history.\n${lines.join('\n')}\n`,
  )
}

async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, pid, startTime] = new RegExp(`^${PREFIX}(\\d+)-(\\d+)-`).exec(name) ?? []
    if (pid === undefined || (await startTimeOf(Number(pid))) === startTime) continue
    await rm(join(tmpdir(), name), { recursive: true, force: true })
  }
}

/** The start time of a process, in ticks since the start of the machine. Empty when the process does not exist. */
async function startTimeOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}
