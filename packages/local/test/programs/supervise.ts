// Runs a supervisor in a separate process, for tests that kill it: node supervise.ts STATE_DIR NETWORK

import { defaultPlan } from '@holdfast/site/topology/place'
import { startOptions } from '@holdfast/testing/local/data-centre'
import { startDataCentre } from '../../src/lifecycle/start.ts'

const [, , stateDir = '', network = ''] = process.argv
const dataCentre = await startDataCentre(startOptions(stateDir, defaultPlan({ network })))
process.stdout.write('ready\n')
await dataCentre.stopped
