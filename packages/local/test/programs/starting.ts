// `startDataCentre` in a separate process. The process ends by itself when nothing is left to do, or on a signal:
// node starting.ts STATE_DIR NETWORK [TRANSPORT]

import { defaultPlan } from '@holdfast/site/topology/place'
import { startOptions } from '@holdfast/testing/local/data-centre'
import { startDataCentre } from '../../src/lifecycle/start.ts'

const [, , stateDir = '', network = '', transport = 'plain'] = process.argv
const controller = new AbortController()
process.stdout.write('loaded\n')
process.once('SIGTERM', () => controller.abort())
try {
  const dataCentre = await startDataCentre({
    ...startOptions(stateDir, defaultPlan({ network, transport })),
    onProgress: ({ step, state }) => process.stdout.write(`${step} ${state}\n`),
    signal: controller.signal,
  })
  process.stdout.write('ready\n')
  await dataCentre.stopped
} catch (error) {
  process.stderr.write(`${error instanceof Error && 'code' in error ? error.code : ''} ${String(error)}\n`)
  // Not `process.exit`: a resource that is still open then shows as a process that does not end.
  process.exitCode = 1
}
