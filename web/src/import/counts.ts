import type { Batch, ListName, Outcome, Plural } from '../api/types'
import { named, t } from '../words'

/** LISTS are what a list may hold, the usual one first. */
export const LISTS: ListName[] = ['customer', 'contact', 'order', 'deal', 'visit', 'task']

/** pluralOf is where the records of a list are seen. */
export const pluralOf = (l: ListName) => `${l}s` as Exclude<Plural, 'order-lines'>

/** listOf is how the wizard is told which list it takes, by the page it is opened from. */
export const listOf = (plural: string): { list?: ListName } => { const list = LISTS.find(l => l !== 'customer' && pluralOf(l) === plural); return list ? { list } : {} }

/** isPart: the list holds what hangs on customers who are there. */
export const isPart = (b: Batch): boolean => b.object !== 'customer'

/** outcomesOf are what can become of a row of this list. */
export const outcomesOf = (b: Batch): Outcome[] => OUTCOMES.filter(o => !isPart(b) || o !== 'aside' || b.object === 'contact')

/** outcomeName is what an outcome is called in this list. */
export const outcomeName = (b: Batch, o: Outcome): string => (o === 'same' && isPart(b) ? t('web.import.part_same') : named('outcome', o))

/** outcomeNote says in a line what an outcome means in this list. */
export const outcomeNote = (b: Batch, o: Outcome): string => ((o === 'same' || o === 'new' || o === 'review') && isPart(b) ? t(`web.import.out_${o}_part`) : t(`web.import.out_${o}`))

/** OUTCOMES are what can become of a row, in the order they are shown; they add up to the rows. */
export const OUTCOMES: Outcome[] = ['new', 'same', 'unchanged', 'review', 'refused', 'aside']

export const countOf = (b: Batch, o: Outcome): number => b.counts.find(c => c.outcome === o)?.n ?? 0

/** importable is how many rows will be written; of a coarse result, those that will be looked at. */
export const importable = (b: Batch): number => b.coarse ? b.taken : countOf(b, 'new') + countOf(b, 'same')

/** The colour of an outcome: one hue by how much comes of it, amber for what waits, grey for what stays out. */
export const COLOURS: Record<Outcome, string> = { new: 'var(--p)', same: 'var(--p3)', unchanged: 'var(--p1)', review: 'var(--am)', refused: 'var(--t3)', aside: 'var(--ctl)' }
