import fc from 'fast-check'
import { expect, test } from 'vitest'
import { headerText } from '../../src/http/headers.ts'

test('headerText does not change plain names and e-mail addresses', () => {
  expect(headerText('ada.lovelace+x@example.org')).toBe('ada.lovelace+x@example.org')
})

test('headerText returns only visible ASCII for every subject', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => /^[\x21-\x7e]*$/.test(headerText(text))))
})

test('headerText returns different values for different subjects', () => {
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(text, (subject) => decodeURIComponent(headerText(subject)) === subject.toWellFormed()),
  )
})
