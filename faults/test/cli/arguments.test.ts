import { describe, expect, it } from 'vitest'
import { plansOf } from '../../src/campaign/plans.ts'
import { BRIEF_CASES, CASES } from '../../src/cases/cases.ts'
import { readArguments, UsageError } from '../../src/cli/arguments.ts'

const names = (...args: string[]) =>
  plansOf(readArguments(args)).map(({ name, system }) => (system === 'holdfast' ? name : `${name}@${system}`))

describe('the command line of npm run faults', () => {
  it('runs all cases and the given number of seeds with --seeds', () => {
    expect(names('--seeds', '3')).toEqual(['seed-1', 'seed-2', 'seed-3', ...CASES.map(({ name }) => name)])
  })

  it('leaves out the cases of login systems for plain Redis clients, unless one is named', () => {
    const all = names('--seeds', '0', '--system', 'proxy')
    expect(all).toHaveLength(CASES.length - 1)
    expect(all).not.toContain('forged-feed@proxy')
    expect(names('--case', 'forged-feed', '--system', 'proxy')).toEqual(['forged-feed@proxy'])
  })

  it('runs the brief cases and one seed with --brief', () => {
    expect(names('--brief').toSorted()).toEqual(['seed-1', ...BRIEF_CASES].toSorted())
  })

  it('runs only the given seed or case with --seed or --case', () => {
    expect(names('--seed', '17')).toEqual(['seed-17'])
    expect(names('--case', 'A', '--system', 'plain-wait')).toEqual(['A@plain-wait'])
  })

  it('also runs the cases and every 20th seed against both controls with --controls', () => {
    expect(names('--case', 'A', '--controls')).toEqual(['A', 'A@plain-wait', 'A@connect-redis'])
    const seeds = names('--no-cases', '--seeds', '20', '--controls')
    expect(seeds).toHaveLength(22)
    expect(seeds).toContain('seed-20@connect-redis')
  })

  it.each([
    ['an unknown option', ['--sedes', '3']],
    ['an unknown case', ['--case', 'Z']],
    ['an unknown system', ['--case', 'A', '--system', 'mongo']],
    ['a value that is not a number', ['--seeds', 'many']],
    ['a number out of bounds', ['--parallel', '0']],
  ])('refuses %s', (_, args) => {
    expect(() => readArguments(args)).toThrow(UsageError)
  })
})
