import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { toCliFlags } from '../../src/data-centre/cli-flags.ts'
import type { DataCentrePlace } from '../../src/data-centre/open.ts'

const again = (place: DataCentrePlace, name = 'dc1') =>
  toCliFlags(place, { name, defaultDir: `/state/${name}` })

it('the flags are empty for the default data centre of this machine, and identify any other local one', () => {
  expect(again({ stateDir: '/state/dc1' })).toBe('')
  expect(again({ stateDir: '/state/dc2' }, 'dc2')).toBe(' --name dc2')
  expect(again({ stateDir: '/elsewhere' })).toBe(' --state-dir /elsewhere')
  expect(again({ stateDir: '/elsewhere' }, 'dc2')).toBe(' --name dc2 --state-dir /elsewhere')
})

// INV-OPERATIONS-3.
it('the flags name the file of a data centre, and the options that were given with it', () => {
  expect(again({ siteFile: 'holdfast.yaml' })).toBe(' --file holdfast.yaml')
  expect(
    again({ siteFile: 'a.yaml', dataCentre: 'dc2', certificates: '/etc/certificates', holder: 'ops' }),
  ).toBe(' --file a.yaml --data-centre dc2 --certificates /etc/certificates --client-cert ops')
})

it('a shell reads the flags exactly as they were given', () => {
  const siteFile = `sites of $HOME/"it's" \\ * ;.yaml`
  const words = execFileSync('/bin/sh', ['-c', `printf '%s\\n'${again({ siteFile, holder: '' })}`])
  expect(words.toString()).toBe(`--file\n${siteFile}\n--client-cert\n\n`)
})
