import { writeSync } from 'node:fs'
import { type UpgradeProgress, upgrade } from '../../src/upgrade/upgrade.ts'

// Run as a separate process: it runs an upgrade, and kills itself at the first step that is not among the `passed` ones.
const [stateDir = '', everyStep = '', ...passed] = process.argv.slice(2)
let switchovers = 0

const keyOf = ({ step, process: name, text }: UpgradeProgress) => `${step} ${name}: ${text}`

await upgrade({
  stateDir,
  onProgress: (progress) => {
    const key = keyOf(progress)
    if (progress.step === 'switch-over') switchovers += 1
    const isInside = progress.step === 'switch-over' && switchovers > 1
    // A message about an earlier run is not a step, and after the last step there is nothing left to continue.
    if (passed.includes(key) || key.includes('Resuming')) return
    if (progress.step === 'done') return
    if (everyStep !== 'yes' && (isInside || /sentinel-[23]/.test(progress.process ?? ''))) return
    writeSync(1, `${key}\n`)
    process.kill(process.pid, 'SIGKILL')
  },
})
writeSync(1, 'finished\n')
