import { stripVTControlCharacters } from 'node:util'
import { summarizeDrills } from '@holdfast/drill/rehearsal/repeat'
import { describe, expect, it } from 'vitest'
import { repeatHead, repeatLine, repeatText } from '../../../src/commands/drill/repeat-text.ts'
import { report } from './report.ts'

const MOST_COLUMNS = 100

describe('a drill that is repeated', () => {
  it('has a line for each run, below the titles', () => {
    const connections = { before: 96, ended: 2 }
    const lines = [
      repeatHead,
      repeatLine(report({ missingAcknowledged: 1, ok: false }), 9),
      repeatLine(report({ connections, newPrimaryMs: null, requests: 123_456 }), 10),
    ].map(stripVTControlCharacters)
    expect(lines).toEqual([
      '   run      requests  failed   lost   login  slowest     p99  primary  cut off  own delay    took',
      '     9  no     1,300       0      1  640 ms    41 ms    9 ms   230 ms        -      11 ms  21.0 s',
      '    10  ok   123,456       0      0  640 ms    41 ms    9 ms        -        2      11 ms  21.0 s',
    ])
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(MOST_COLUMNS)
  })

  it('adds what has no column to the line of a run', () => {
    const line = repeatLine(report({ ok: false, loggedOut: 2, undoneLogouts: 1 }), 1)
    expect(stripVTControlCharacters(line)).toMatch(/ {2}2 logged out, 1 undone$/)
  })

  it('ends with the totals, and the minimum, median and maximum of the times', () => {
    const runs = [report({ durationMs: 19_000 }), report({ longestLoginMs: 1500, missingAcknowledged: 1 })]
    const text = repeatText({ ok: false, problems: ['Run 2: x'], runs, summary: summarizeDrills(runs) })
    const lines = stripVTControlCharacters(text).split('\n')
    expect(lines[1]).toBe(
      '  ✗ Not every objective was met  2 of 2 runs, 2,600 requests, 0 failed, 0 logged out, 1 lost, 0 undone.',
    )
    expect(lines).toContain('  Longest login wait      640 ms  640 ms   1.5 s')
    expect(lines).toContain('  A run took              19.0 s  19.0 s  21.0 s')
  })
})
