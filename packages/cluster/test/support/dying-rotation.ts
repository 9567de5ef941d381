import { rotateCertificates, rotateKeyring, rotatePasswords } from '../../src/index.ts'

// Run as a process of its own: begins a rotation, or goes on with one, and is killed at the beginning of one of its steps,
// when it has come to it that many times (a step may be done to one process after the other).
const [what = '', stateDir = '', last = '', times = '1'] = process.argv.slice(2)
let seen = 0
const onProgress = ({ step }: { step: string }) => {
  if (step === last) seen += 1
  if (seen === Number(times)) process.kill(process.pid, 'SIGKILL')
}
if (what === 'keyring') await rotateKeyring({ stateDir, onProgress })
else if (what === 'passwords') await rotatePasswords({ stateDir, onProgress })
else await rotateCertificates({ stateDir, onProgress })
