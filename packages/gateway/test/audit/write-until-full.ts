import { openAudit } from '../../src/audit/audit.ts'

/**
 * Writes entries to the first file until its size limit (`ulimit -f`) cuts off a line, then continues in the
 * second. Prints the code of the error.
 */
const [first = '', second = ''] = process.argv.slice(2)
const full = Promise.withResolvers<string>()
const audit = await openAudit({
  base: { server: 'gateway-1', dataCentre: 'dc1' },
  file: first,
  stream: process.stdout,
  onError: (error) => full.resolve((error as NodeJS.ErrnoException).code ?? ''),
})
for (let number = 0; number < 8; number++) {
  audit.loggedIn({ subject: 'ada', session: `s${number}`, method: 'password', remote: '192.0.2.1' })
}
console.log(await full.promise)
const goOn = await audit.prepare(second)
goOn()
await audit.close()
