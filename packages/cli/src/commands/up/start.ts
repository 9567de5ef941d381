import { addUser } from '@holdfast/gateway/files'
import { type RunningDataCentre, type StartProgress, startDataCentre } from '@holdfast/local/lifecycle/start'
import type { DataCentreDescription } from '@holdfast/local/state/description'
import type { UpPlan } from './plan.ts'

/** The file that runs as `holdfast`. */
export const MAIN_FILE = new URL('../../main.ts', import.meta.url).pathname

/** Receives the progress of a start. */
export interface StartListener {
  onDataCentre: (name: string, note: string | null) => void
  onProgress: (progress: StartProgress, stateDir: string) => void
}

/** Data centres whose supervisor is this process. */
export interface Running {
  descriptions: DataCentreDescription[]
  /** Resolves when all have stopped. */
  stopped: Promise<unknown>
  stop(): Promise<void>
}

/** Starts data centres in this process, one after another. If one fails, it stops those before it. */
export async function startDataCentres(
  plans: readonly UpPlan[],
  { onDataCentre, onProgress }: StartListener,
  signal: AbortSignal,
): Promise<Running> {
  const running: RunningDataCentre[] = []
  const stop = async () => {
    await Promise.all(running.map((dataCentre) => dataCentre.stop()))
  }
  try {
    for (const { plan, stateDir, note } of plans) {
      onDataCentre(plan.dataCentre.name, note)
      running.push(
        await startDataCentre({
          plan,
          stateDir,
          gatewayCommand: [process.execPath, MAIN_FILE, 'gateway'],
          proxyCommand: [process.execPath, MAIN_FILE, 'proxy'],
          async writeUsers(file, users) {
            for (const { name, password } of users) await addUser(file, name, password)
          },
          onProgress: (progress) => onProgress(progress, stateDir),
          signal,
        }),
      )
    }
  } catch (error) {
    await stop()
    throw error
  }
  return {
    descriptions: running.map(({ description }) => description),
    stopped: Promise.all(running.map(({ stopped }) => stopped)),
    stop,
  }
}
