import fc from 'fast-check'
import { expect, test } from 'vitest'
import { headerText } from '../../src/http/headers.ts'

test('plain names and e-mail addresses stay as they are', () => {
  expect(headerText('ada.lovelace+x@example.org')).toBe('ada.lovelace+x@example.org')
})

test('a header value holds visible ASCII only, whatever the subject', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => /^[\x21-\x7e]*$/.test(headerText(text))))
})

test('no two subjects become the same header value', () => {
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(text, (subject) => decodeURIComponent(headerText(subject)) === subject.toWellFormed()),
  )
})
