/** A phrase that a reader has to translate, and plain words for it. */
export interface Phrase {
  readonly pattern: RegExp
  readonly instead: string
}

/** Where a sentence begins. */
const START = '(?<=(?:^|[.!?]["”’)]?) *[*_]*)'

/** A phrase in any case; a space in `source` is any number of spaces. */
function phrase(source: string, instead: string): Phrase {
  return { pattern: new RegExp(source.replaceAll(' ', ' +'), 'gi'), instead }
}

/** A sentence that begins so, with its capital letter. */
function opening(source: string, instead: string): Phrase {
  return { pattern: new RegExp(START + source.replaceAll(' ', ' +'), 'gm'), instead }
}

/** Each pattern is narrow: one that also finds plain English costs more than one that misses a phrase. */
export const PHRASES: readonly Phrase[] = [
  // Words that a reader of plain English does not use.
  phrase('\\b(?:anew|afresh)\\b', 'again'),
  phrase('\\bmend(?:s|ed|ing)?\\b', 'fix'),
  phrase('\\bhasten(?:s|ed|ing)?\\b', 'speed up'),
  phrase('\\bin vain\\b', 'without success (of a wait: timed out)'),
  phrase('\\bheed(?:s|ed|ing)?\\b', 'follow'),
  phrase('\\bow(?:e|es|ed)\\b', 'must still (do, get, write) it'),
  phrase('\\b(?:lest|whilst|amidst|hitherto|henceforth|thereof|whereupon|wherein|thrice)\\b', 'a plain word'),
  phrase('\\blately\\b', 'recently'),
  phrase('\\bbeliev(?:es|ed|ing|e)\\b', 'trust, accept, assume'),
  phrase('\\bfor want of\\b', 'because it lacks'),
  phrase('(?<!\\b(?:is|are) )\\ball the same\\b', 'anyway, still'),
  phrase('\\bfor ever\\b', 'forever'),
  phrase('\\b(?<!\\bas )of now\\b', 'current'),
  phrase('\\bat the (?:most|least|latest|earliest)\\b', 'at most, at least, by'),
  phrase('[,;] else\\b', 'otherwise'),
  phrase(', yet\\b', 'but'),
  phrase('\\b(?:has|have|had|is|are|was|were) yet to\\b', 'still has to'),
  phrase('\\bwithout a word\\b', 'silently'),
  phrase('\\bbroken off\\b', 'interrupted'),
  phrase('\\bcomplain(?:s|ed|ing|ts?)?\\b', 'report'),
  phrase('\\b(?:and|or) (?:its|their|the) likes?\\b', 'and similar ones'),
  // Persons and pronouns where a client, a user, a node or a process acts.
  phrase('\\bwho(?:m|ever|mever|soever)\\b', 'any client that, the user that, the node that'),
  phrase("\\bsomebody(?:’s|'s)?\\b", 'a user, a client'),
  phrase("\\bnobody(?:’s|'s)?\\b", 'no user, no client'),
  phrase("\\b(?:every|any)body(?:’s|'s)?\\b", 'every client, any user'),
  phrase('\\b(?:he|him|himself)\\b', 'they, or the noun again'),
  phrase('\\bwho (?:is|was) (?:the )?primary\\b', 'which node is the primary'),
  phrase('\\b(?:for|by|to|from|of) who\\b', 'for any client that, by the node that'),
  opening('Who(?:se)?\\b(?=[^.!?\\n]*[.;,])', 'The client that …, Users who …'),
  opening(
    'What\\b(?=[^.!?:\\n]{3,}\\b(?:is|are|was|were|stays?|goes|comes|may|must|cannot)\\b[^.!?\\n]*[.;,])',
    'the noun',
  ),
  opening('Of (?!course\\b)(?=[^.!?\\n]*[,:])', 'the subject first'),
  opening('(?:Had|Were|Should) (?:it|an?|the|this|that|they|one)\\b(?=[^.!?\\n]*,)', 'If …'),
  // What is not so.
  phrase(
    '(?<!\\b(?:there|here) )\\b(?:is|are|was|were) no\\b(?! (?:longer|more|less|fewer|better|worse|later|sooner|older|newer|shorter|other|one)\\b)',
    'is not a',
  ),
  phrase('(?<!\\b(?:there|here) )\\b(?:is|are|was|were) none\\b', 'is missing, is not set, does not exist'),
  // What is reported.
  phrase('\\btold\\b', 'reported, returned, logged, replicated, notified'),
  phrase('\\b(?:is|are|was|were|be|been) said\\b', 'is reported, is logged'),
  phrase('\\btells? (?:of|what|whether|how|the same)\\b', 'report, show, explain'),
  // What happens to a data centre.
  phrase(
    '\\b(?:is|are|was|were|be|never|all) well\\b(?! (?:known|kept|formed|defined|above|below|within|before|after|over|under)\\b)',
    'is healthy, is OK',
  ),
  phrase('\\bas planned, without losing\\b', 'planned and lossless'),
  phrase(
    '\\bdo(?:es|ing|ne)? (?:it|an?|the|them|your|its)\\b[^.,;:\\n]{0,40}\\bharm\\b',
    'inject a fault into',
  ),
  phrase('\\bfor dead\\b', 'as down'),
  phrase('\\b(?:take|takes|taken|taking|took) (?:it |them |this |these |those )?away\\b', 'remove'),
  phrase('\\b(?:be|is|are|was|were|becomes?) whole\\b', 'is healthy'),
  phrase('\\b(?:is|are|was|were|stays?) away\\b', 'is unreachable, is down'),
  phrase('\\b(?:stands?|stood|standing) still\\b', 'is paused, hangs'),
  phrase('\\bfor good\\b', 'permanently'),
  // Spelling.
  phrase('\\blog-(?:in|out)s?\\b', 'log in, log out (verbs); login, logout (nouns)'),
  phrase('\\bsign(?:s|ed|ing)?[- ]out\\b', 'log out (verb), logout (noun)'),
  phrase(
    '\\b(?:a|an|one) (?!user|client|host|node|process|server)[a-z-]+ an? (?:host|node|role|person|data centre|server|process|gateway|side|kind)\\b',
    '… per …',
  ),
]
