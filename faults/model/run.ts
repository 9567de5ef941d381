/** The required result of a search. */
type Expectation =
  /** No violation in the whole state space. */
  | 'holds'
  /** A counterexample, because a rule is removed or the promise does not cover this fault. */
  | 'breaks'

/** One search: the model with some of its defines. */
export interface Run {
  name: string
  /** The removed rule, or the possible fault, in a few words. */
  title: string
  defines: string[]
  expect: Expectation
  /** The search takes less time than an optimised compilation, so the model is compiled without optimisation. */
  isBrief: boolean
}

type Make = (name: string, title: string, defines: string[]) => Run
export const holds: Make = (name, title, defines) => ({
  name,
  title,
  defines,
  expect: 'holds',
  isBrief: false,
})
export const breaks: Make = (name, title, defines) => ({
  name,
  title,
  defines,
  expect: 'breaks',
  isBrief: false,
})
/** A search that ends after about 100,000 states. */
export const breaksSoon: Make = (name, title, defines) => ({ ...breaks(name, title, defines), isBrief: true })
