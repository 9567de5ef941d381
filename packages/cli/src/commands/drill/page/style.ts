/** The style sheet of a report: light and dark, a phone and a sheet of paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ground: #f4f5f7; --ink: #1a2230; --soft: #566072; --line: #dce0e7; --grid: #e9ecf1;
  --good: #146c43; --good-ground: #e3f4ea; --bad: #b3261e; --bad-ground: #fdeae8;
  --verify: #1f5fbf; --verify-range: #8db4ec; --login: #7a3fb5; --fault: #f6b73c33; --fault-ink: #8a5a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #171c26; --ground: #0e1219; --ink: #e6eaf2; --soft: #a0aabb; --line: #2c3444; --grid: #232a37;
    --good: #6fd39b; --good-ground: #12301f; --bad: #ff8f85; --bad-ground: #3a1614;
    --verify: #7fb2ff; --verify-range: #33589a; --login: #c59bf2; --fault: #f6b73c26; --fault-ink: #f6c768;
  }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #ffffff; --ground: #ffffff; --ink: #000000; --soft: #444444; --line: #bbbbbb; --grid: #e4e4e4;
    --good: #146c43; --good-ground: #ffffff; --bad: #b3261e; --bad-ground: #ffffff;
    --verify: #1f5fbf; --verify-range: #8db4ec; --login: #7a3fb5; --fault: #f6b73c40; --fault-ink: #8a5a00;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  -webkit-text-size-adjust: 100%; }
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0; }
h3 { font-size: 0.95rem; margin: 20px 0 8px; }
p { margin: 0; }
a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: 3px; }
a:focus-visible, .scroll:focus-visible { outline: 2px solid var(--verify); outline-offset: 2px; }
code { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; font-size: 0.92em; }
.product { color: var(--soft); font-size: 0.85rem; letter-spacing: 0.08em; text-transform: uppercase; margin-bottom: 4px; }
.when { color: var(--soft); margin-top: 4px; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 24px; margin-top: 24px; }
section > h2 { margin-bottom: 12px; }
.verdict { border-left-width: 6px; }
.verdict .big { font-size: 1.4rem; font-weight: 650; }
.verdict.pass { border-left-color: var(--good); } .verdict.pass .big { color: var(--good); }
.verdict.miss { border-left-color: var(--bad); } .verdict.miss .big { color: var(--bad); }
.verdict ul, .problems { margin: 12px 0 0; padding-left: 20px; }
.problems { color: var(--bad); margin: 8px 0 0; }
.figures { display: grid; grid-template-columns: repeat(6, 1fr); gap: 12px; margin: 24px 0 0; }
.figures div { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px;
  display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figures dd { margin: 0; font-size: 1.45rem; font-weight: 650; font-variant-numeric: tabular-nums; line-height: 1.25; }
.figures dt { color: var(--soft); font-size: 0.82rem; line-height: 1.3; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 14px 7px 0; text-align: left; border-bottom: 1px solid var(--grid); white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-weight: 500; font-size: 0.82rem; border-bottom-color: var(--line); }
tbody th { font-weight: 500; }
tbody tr:last-child > * { border-bottom: 0; }
tfoot tr:first-child > * { border-top: 2px solid var(--line); }
tfoot tr:last-child > * { border-bottom: 0; }
tfoot th { color: var(--soft); font-weight: 500; } tfoot td { font-weight: 650; }
.runs thead th { white-space: normal; vertical-align: bottom; line-height: 1.3; }
.number { text-align: right; }
.bad { color: var(--bad); font-weight: 650; }
.pill { display: inline-block; padding: 1px 10px; border-radius: 999px; font-size: 0.8rem; font-weight: 600; white-space: nowrap; }
.pill.pass { color: var(--good); background: var(--good-ground); }
.pill.miss { color: var(--bad); background: var(--bad-ground); }
.fault-section > header { display: flex; align-items: center; justify-content: space-between; gap: 12px; }
.done { color: var(--soft); }
.timeline { margin: 16px 0 0; }
.timeline svg { display: block; width: 100%; min-width: 640px; height: auto; }
.timeline text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--ink); }
.timeline .tick { fill: var(--soft); font-size: 11px; }
.timeline .panel-title { font-weight: 600; }
.timeline path { fill: none; }
.grid { stroke: var(--grid); } .axis { stroke: var(--line); }
.fault { fill: var(--fault); }
.verify-range { stroke: var(--verify-range); stroke-width: 2.5; }
.verify-median { stroke: var(--verify); stroke-width: 1.6; stroke-linejoin: round; }
.failed { stroke: var(--bad); stroke-width: 3; }
.login-stem { stroke: var(--login); stroke-opacity: 0.2; }
.login-dot { stroke: var(--login); stroke-width: 5; stroke-linecap: round; }
.mark path { stroke: var(--soft); stroke-dasharray: 3 3; }
.mark circle { fill: var(--paper); stroke: var(--soft); }
.mark-fault-begins path, .mark-fault-begins circle { stroke: var(--fault-ink); }
.mark-fault-ends path, .mark-fault-ends circle { stroke: var(--fault-ink); }
.key { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 8px 0 0; padding: 0; color: var(--soft); font-size: 0.82rem; }
.key li::before { content: ""; display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 7px; vertical-align: -1px; }
.key-verify::before { background: linear-gradient(var(--verify-range) 60%, var(--verify) 60%); }
.key-login::before { background: var(--login); border-radius: 50% !important; }
.key-failed::before { background: var(--bad); }
.key-fault::before { background: var(--fault); border: 1px solid var(--fault-ink); }
.events { margin: 12px 0 0; padding-left: 28px; font-size: 0.9rem; columns: 2; column-gap: 40px; }
.events li { break-inside: avoid; overflow-wrap: anywhere; }
.events .at { display: inline-block; min-width: 58px; color: var(--soft); font-variant-numeric: tabular-nums; }
.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 0 40px; }
.columns > div { min-width: 0; }
dl { margin: 12px 0 0; font-size: 0.9rem; }
.columns dl div, .environment div { display: grid; grid-template-columns: 190px 1fr; gap: 12px; padding: 3px 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.note { color: var(--soft); font-size: 0.85rem; margin-top: 16px; }
.signatures p { display: grid; grid-template-columns: 2fr 1fr 2fr; gap: 24px; margin-top: 44px; }
.signatures span { border-top: 1px solid var(--soft); padding-top: 4px; color: var(--soft); font-size: 0.82rem; }
@media (max-width: 900px) { .figures { grid-template-columns: repeat(3, 1fr); } .columns { grid-template-columns: 1fr; } }
@media (max-width: 560px) {
  main { padding: 24px 14px 40px; } h1 { font-size: 1.55rem; } section { padding: 16px; border-radius: 10px; }
  .figures { grid-template-columns: repeat(2, 1fr); gap: 8px; } .figures div { padding: 10px 12px; } .figures dd { font-size: 1.2rem; }
  .events { columns: 1; } .columns dl div, .environment div { grid-template-columns: 1fr; gap: 0; padding: 5px 0; }
  .signatures p { gap: 10px; } th, td { padding-right: 9px; } table { font-size: 0.82rem; } .pill { padding: 1px 7px; font-size: 0.75rem; }
}
@media print {
  @page { margin: 14mm; }
  body { font-size: 10.5pt; } main { max-width: none; padding: 0; }
  section { border-radius: 0; padding: 12px 0; border-width: 1px 0 0; }
  .fault-section { break-inside: avoid; }
  .figures { grid-template-columns: repeat(6, 1fr); } .figures div { border-radius: 0; padding: 6px 8px; }
  .columns { grid-template-columns: 1fr 1fr; gap: 0 24px; } .timeline svg { min-width: 0; }
  .scroll { overflow: visible; } th, td { padding: 4px 8px 4px 0; } table { font-size: 8.5pt; }
  .columns dl div, .environment div { grid-template-columns: 130px 1fr; }
  .signatures { break-inside: avoid; }
  a { text-decoration: none; }
}
`
