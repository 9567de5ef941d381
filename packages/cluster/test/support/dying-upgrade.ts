import { writeSync } from 'node:fs'
import { type UpgradeProgress, upgrade } from '../../src/index.ts'

// Run as a process of its own: an upgrade that is killed at the first step of its way that is not among those named.
const [stateDir = '', everyStep = '', ...passed] = process.argv.slice(2)
let switchovers = 0

const keyOf = ({ step, process: name, text }: UpgradeProgress) => `${step} ${name}: ${text}`

await upgrade({
  stateDir,
  onProgress: (progress) => {
    const key = keyOf(progress)
    if (progress.step === 'switch-over') switchovers += 1
    const isInside = progress.step === 'switch-over' && switchovers > 1
    // What is told about an earlier run is no step, and at the end there is nothing left to go on with.
    if (passed.includes(key) || key.includes('Resuming')) return
    if (progress.step === 'done') return
    if (everyStep !== 'yes' && (isInside || /sentinel-[23]/.test(progress.process ?? ''))) return
    writeSync(1, `${key}\n`)
    process.kill(process.pid, 'SIGKILL')
  },
})
writeSync(1, 'finished\n')
