import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkSiteText } from '../../src/check/check-site.ts'
import { strengthBits } from '../../src/rules/strength.ts'
import { loadSecrets } from '../../src/secrets/load.ts'
import { generateSecrets, type Secrets } from '../../src/secrets/secrets.ts'

const dataCentre = (name: string, network: number) => `  ${name}:
    secrets: { file: ./${name} }
    hosts:
      - { name: ${name}-redis-1, address: 10.${network}.0.11, runs: [redis, sentinel] }
      - { name: ${name}-redis-2, address: 10.${network}.0.12, runs: [redis, sentinel] }
      - { name: ${name}-redis-3, address: 10.${network}.0.13, runs: [redis, sentinel] }
      - { name: ${name}-app-1, address: 10.${network}.0.21, runs: [application] }
      - { name: ${name}-app-2, address: 10.${network}.0.22, runs: [application] }
`
const SITE = `version: 1
engine: valkey 8.0
dataCentres:
${dataCentre('east', 1)}${dataCentre('west', 2)}`
const LINE = { east: 5, west: 13 }

let folder: string
let east: Secrets
let west: Secrets

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hf-rules-'))
  const create = (name: string) => loadSecrets({ kind: 'file', path: name }, folder, { createFor: 'dc1' })
  east = await create('east')
  west = await create('west')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const fileOf = (name: string) => join(folder, name, 'secrets.json')

/** The findings when the secrets file of west has this text. */
async function foundWith(text: string) {
  await writeFile(fileOf('west'), text)
  const { findings } = await checkSiteText(SITE, join(folder, 'holdfast.yaml'))
  return findings.map(({ rule, line, message }) => ({ rule, line, message }))
}
const foundWithSecrets = (change: Partial<Secrets>) => foundWith(JSON.stringify({ ...west, ...change }))

it('generated secrets have no findings', async () => {
  for (let round = 0; round < 20; round += 1) {
    expect(await foundWith(JSON.stringify(generateSecrets('dc1')))).toEqual([])
  }
})

describe('weak-secret', () => {
  it.each([
    ['a password of known words', 'S3cr3tP@ssw0rd-of-Redis'],
    ['a password of one letter', 'a'.repeat(64)],
    ['a password that is a sequence', 'abcdefghijklmnopqrstuvwxyz0123456789'],
    ['a password that repeats a part', 'xK9#mQ2$'.repeat(6)],
    ['a short password', 'Vq8zLk3mPw7xTn2R'],
  ])('weak-secret finds %s, and does not show it', async (_, password) => {
    const [finding, ...others] = await foundWithSecrets({ metrics: password })
    expect(finding).toMatchObject({ rule: 'weak-secret', line: LINE.west })
    expect(finding?.message).toContain('metrics')
    expect(finding?.message).not.toContain(password)
    expect(others).toEqual([])
  })
})

it('short-secret finds a password of 160 bits', async () => {
  const password = '9f3c1e77ab20d4586e91c0b7f2a35d8846cf109e'
  expect(strengthBits(password)).toBeGreaterThan(128)
  expect(await foundWithSecrets({ app: password })).toMatchObject([{ rule: 'short-secret', line: LINE.west }])
})

describe('reused-secret', () => {
  it('reused-secret finds two users with one password', async () => {
    const found = await foundWithSecrets({ metrics: west.admin })
    expect(found).toMatchObject([{ rule: 'reused-secret', line: LINE.west }])
    expect(found[0]?.message).not.toContain(west.admin)
  })

  it('reused-secret finds two data centres with one password, group id or key', async () => {
    for (const change of [{ peer: east.peer }, { mark: east.mark }, { keyring: east.keyring }]) {
      const rules = (await foundWithSecrets(change)).map(({ rule }) => rule)
      expect(new Set(rules)).toEqual(new Set(['reused-secret']))
    }
  })
})

it('secrets-unusable finds a password that a rendered file cannot contain, names the characters, and does not show it', async () => {
  const password = "Vq8z Lk3mPw7x'Tn2R-yB5cHs9dJf4gK6nW1eZ0aXrT"
  const found = await foundWithSecrets({ peer: password })
  expect(found).toMatchObject([{ rule: 'secrets-unusable', line: LINE.west }])
  expect(found[0]?.message).toMatch(
    /`peer` cannot be written to sentinel\.conf, which cannot contain blanks, .*quotes/,
  )
  expect(found[0]?.message).not.toContain(password)
  // JSON can contain any text, and users.acl contains a hash.
  expect(await foundWithSecrets({ metrics: password })).toEqual([])
})

it('secrets-unusable finds a key ring that would need quotes', async () => {
  const { index, keys } = west.keyring
  for (const keyring of [
    { index, keys, current: "k1'; id; '" },
    { index: "'$(id)'", keys, current: 'k1' },
    { index, keys: { ...keys, 'k 2': index }, current: 'k1' },
  ]) {
    const [finding] = await foundWithSecrets({ keyring })
    expect(finding?.message).toMatch(/^Missing or invalid in the file .*: `keyring`\./)
  }
})

it('secrets-unusable finds an invalid secrets file, and does not show its content', async () => {
  expect(await foundWith('hunter2')).toMatchObject([{ rule: 'secrets-unusable', line: LINE.west }])
  const found = await foundWithSecrets({ admin: 'hunter2' })
  expect(found).toMatchObject([{ rule: 'secrets-unusable', line: LINE.west }])
  expect(JSON.stringify(found)).not.toContain('hunter2')
})

it('secrets-open finds a file and a folder that other users can read', async () => {
  await foundWithSecrets({})
  await chmod(fileOf('east'), 0o644)
  await chmod(join(folder, 'east'), 0o750)
  const { findings } = await checkSiteText(SITE, join(folder, 'holdfast.yaml'))
  expect(findings).toMatchObject([
    { rule: 'secrets-open', line: LINE.east, severity: 'error' },
    { rule: 'secrets-open', line: LINE.east, severity: 'error' },
  ])
})

it.each([
  ['/srv/Holdfast2/sites/secrets-of-dc1', false],
  ['../Holdfast2/of-the-operators/secrets/dc1', false],
  ['wJ4/8sQxT0mV1cZpL7yBnE5rKdFuHgAi+3oS', true],
])('secret-in-file distinguishes a folder of secrets from a secret: %s', async (place, isSecret) => {
  const { findings } = await checkSiteText(SITE.replace('./west', place), join(folder, 'holdfast.yaml'))
  expect(findings.some(({ rule }) => rule === 'secret-in-file')).toBe(isSecret)
})
