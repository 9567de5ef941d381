import { summarizeDrills } from '@holdfast/drill/rehearsal/repeat'
import type { DrillReport } from '@holdfast/drill/report'
import type { TimelineEvent } from '@holdfast/drill/timeline'
import { describe, expect, it } from 'vitest'
import { reportPage } from '../../../src/commands/drill/page/page.ts'
import { report } from './report.ts'

const EVIL = '</script><script>alert(1)</script><img src=x onerror="alert(2)">\'&'

const page = (one: DrillReport, problems: string[] = []) =>
  reportPage({ reports: [one], summary: null, notMade: [], problems, data: one })

describe('a report', () => {
  it('loads nothing from elsewhere and runs nothing', () => {
    const text = page(report())
    expect(text).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
    expect(text).not.toMatch(/(src|href)="(?!#)/)
    expect(text).not.toMatch(/url\(|@import/)
    expect(text.match(/<script/g)).toHaveLength(1)
  })

  it('escapes everything, in the page and in the data for machines', () => {
    const evil = report({
      id: EVIL,
      problems: [EVIL],
      fault: { ...report().fault, done: EVIL, text: EVIL },
      failures: [{ atMs: 1, operation: 'verify', what: EVIL }],
      primary: { before: EVIL, after: EVIL },
      environment: { ...report().environment, dataCentre: EVIL, balancer: EVIL },
      timeline: {
        ...report().timeline,
        events: [{ atMs: 3000, kind: 'fault-begins', text: EVIL } satisfies TimelineEvent],
      },
    })
    const text = page(evil, [EVIL])
    expect(text.match(/<script/g)).toHaveLength(1)
    expect(text).not.toContain('<img')
    const data = /id="holdfast-drill">(.*)<\/script>/.exec(text)?.[1] ?? ''
    expect(JSON.parse(data)).toEqual(evil)
  })

  it('tells each objective with its verdict, and what missed one first', () => {
    const text = page(report({ ok: false }), [
      'kill-primary: Longest login wait: 640 ms, objective at most 500 ms.',
    ])
    expect(text).toContain('✗ Not every objective was met')
    expect(text).toContain('<li>kill-primary: Longest login wait: 640 ms, objective at most 500 ms.</li>')
    expect(text).toMatch(
      /<tr class="missed"><th scope="row">Longest login wait<.*?500 ms.*?640 ms.*?✗ missed/,
    )
    expect(text).toMatch(/<tr class="met"><th scope="row">Lost logins<.*?✓ met/)
  })

  const redis: DrillReport['redis'] = {
    commands: 4200,
    acknowledgedWrites: 700,
    failedCommands: 3,
    uncertainWrites: 1,
    lostWrites: 0,
    repeatedWrites: 0,
    endedConnections: 0,
    longestMs: 2100,
    p99Ms: 40,
    failures: [{ what: EVIL, count: 3 }],
  }

  it('tells what plain Redis clients noticed, one row for each drill that had them', () => {
    const reports = [report(), report({ id: 'pause-primary', redis })]
    const text = reportPage({ reports, summary: null, notMade: [], problems: [], data: null })
    const [, section = ''] = /<h2 id="redis-clients">(.*?)<\/section>/s.exec(text) ?? []
    expect(section).toContain('<a href="#fault-2">pause-primary</a></th><td class="number">4,200</td>')
    expect(section).toContain(
      '<td class="number bad">3</td><td class="number bad">1</td><td class="number">0</td>',
    )
    expect(section).toMatch(/40 ms<\/td><td class="number">2\.1 s</)
    expect(section).toContain('3 times: &lt;/script&gt;')
    expect(section).not.toContain('kill-primary')
  })

  it('has no table of Redis clients without any', () => {
    expect(page(report())).not.toContain('redis-clients')
  })

  it('draws the timeline with numbers only, and tells it in words, too', () => {
    const text = page(report())
    const svg = /<svg.*?<\/svg>/s.exec(text)?.[0] ?? ''
    expect(svg).not.toMatch(/NaN|Infinity|undefined|null/)
    expect(svg).toContain('<desc id="timeline-1-text">7.0 s of load: 1200 verifications')
    expect(svg.match(/class="mark /g)).toHaveLength(2)
    expect(text).toMatch(/<li class="event-new-primary"><span class="at">2.2 s<\/span> new primary/)
  })

  it('draws a drill in which nothing could be measured', () => {
    const empty = { fromMs: 0, toMs: 0, everyMs: 100, verifications: [], logins: [], events: [] }
    expect(page(report({ timeline: empty }))).not.toMatch(/NaN|Infinity/)
  })

  it('tells of an operation how long it took, and what it has cost in connections', () => {
    const change = {
      operationMs: 4210,
      connections: { before: 96, ended: 2 },
      newPrimaryMs: null,
      primary: { before: '127.0.1.11:6379', after: '127.0.1.11:6379' },
    }
    const text = page(report(change))
    expect(text).toMatch(/<dt>The operation took<\/dt><dd>4.2 s<.*<dt>Connections ended<\/dt><dd>2 of 96</)
    expect(text).toContain('<dt>Primary throughout</dt>')
    expect(text).toContain('operation running')
  })

  it('has a table of all only where there are several', () => {
    const one = report()
    const two = reportPage({ reports: [one, one], summary: null, notMade: [], problems: [], data: one })
    expect(two).toContain('2 of 2 drills ran and met every objective.')
    expect([page(one), two].map((text) => text.includes('id="summary"'))).toEqual([false, true])
  })

  it('names the faults that were not run', () => {
    const one = report()
    const text = reportPage({
      reports: [one],
      summary: null,
      notMade: ['pause-primary'],
      problems: ['x'],
      data: one,
    })
    expect(text).toContain('1 of 2 drills ran')
    expect(text).toMatch(/pause-primary<\/th><td colspan="10">not run/)
  })

  it('of a repeated drill begins with a row for each run and the totals', () => {
    const connections = { before: 96, ended: 0 }
    const runs = [
      report({ connections, operationMs: 4000, newPrimaryMs: null, longestLoginMs: 300, durationMs: 19_000 }),
      report({ connections: { ...connections, ended: 2 }, operationMs: 6000, newPrimaryMs: null, ok: false }),
      report({ connections, operationMs: 5000, newPrimaryMs: null, failedRequests: 1, longestLoginMs: 1500 }),
    ]
    const summary = summarizeDrills(runs)
    const text = reportPage({ reports: runs, summary, notMade: ['Run 4'], problems: ['x'], data: runs })
    const section = /<section aria-labelledby="runs">.*?<\/section>/s.exec(text)?.[0] ?? ''
    expect(text.indexOf(section)).toBeLessThan(text.indexOf('class="fault-section"'))
    const rows = Array.from(section.matchAll(/<tr>(.*?)<\/tr>/gs), ([, row = '']) =>
      Array.from(row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs), ([, cell = '']) =>
        cell.replace(/<[^>]+>/g, ''),
      ),
    )
    expect(rows).toEqual([
      [
        ...['Run', 'verdict', 'requests', 'failed', 'logged out', 'lost', 'undone', 'connections ended'],
        ...['longest login wait', 'longest verification', 'verification p99', 'operation took', 'duration'],
      ],
      ['Run 1', '✓ met', '1,300', '0', '0', '0', '0', '0', '300 ms', '41 ms', '9 ms', '4.0 s', '19.0 s'],
      ['Run 2', '✗ missed', '1,300', '0', '0', '0', '0', '2', '640 ms', '41 ms', '9 ms', '6.0 s', '21.0 s'],
      ['Run 3', '✓ met', '1,300', '1', '0', '0', '0', '0', '1.5 s', '41 ms', '9 ms', '5.0 s', '21.0 s'],
      ['Run 4', 'not run: the data centre was unhealthy'],
      ['Total', '2 of 4 met', '3,900', '1', '0', '0', '0', '2', '', '', '', '', ''],
      ['Median', '', '', '', '', '', '', '', '640 ms', '41 ms', '9 ms', '5.0 s', '21.0 s'],
      ['Max', '', '', '', '', '', '', '', '1.5 s', '41 ms', '9 ms', '6.0 s', '21.0 s'],
    ])
    expect(section.match(/class="number bad">/g)).toHaveLength(4)
    expect(section).toContain('<a href="#fault-3">Run 3</a>')
    expect(text).not.toContain('id="summary"')
  })
})
