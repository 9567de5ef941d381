import { rotateCertificates, rotateKeyring, rotatePasswords } from '../../src/index.ts'

// Run as a process of its own: begins a rotation by a site's file, or goes on with one, and is killed when it has come to
// the beginning of that step so many times.
const [what = '', siteFile = '', certificates = '', deliverCommand = '', last = '', times = '1'] =
  process.argv.slice(2)
let seen = 0
const onProgress = ({ step }: { step: string }) => {
  if (step === last) seen += 1
  if (seen === Number(times)) process.kill(process.pid, 'SIGKILL')
}
const options = { siteFile, certificates, deliverCommand, onProgress }
if (what === 'keyring') await rotateKeyring(options)
else if (what === 'certificates') await rotateCertificates(options)
else await rotatePasswords(options)
