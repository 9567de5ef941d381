/** Markup that is safe to insert into a page unchanged. */
export class Html {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }
}

type Piece = Html | string | number | readonly Html[]

/** Template tag: escapes every value, except {@link Html}. */
export function html(strings: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(markupOf)))
}

function markupOf(piece: Piece): string {
  if (piece instanceof Html) return piece.markup
  return typeof piece === 'object' ? piece.map(markupOf).join('') : escapeHtml(String(piece))
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Shows a Unix time (in milliseconds) on a page. */
export function moment(timeMs: number): Html {
  const iso = new Date(timeMs).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`
}
