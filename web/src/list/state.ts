import { store, type Store } from '../api/store'
import type { Cond, ID, ObjectDef, Plural, Scene } from '../api/types'

/** What one list shows. It stays in memory: a search may hold a name or a number. */
export interface ListState { scene?: Scene; search: string; where: Cond[]; sort: string; desc: boolean; cursors: string[] }

/** usual is how a list begins: the newest first; what is to be done, soonest first and without what is done. */
export function usual(plural: Plural): Pick<ListState, 'sort' | 'desc' | 'where'> {
  switch (plural) {
    case 'orders': return { sort: 'ordered_on', desc: true, where: [] }
    case 'visits': return { sort: 'at', desc: true, where: [] }
    case 'tasks': return { sort: 'due_at', desc: false, where: [{ field: 'done_at', op: 'empty' }] }
    default: return { sort: '', desc: true, where: [] }
  }
}

const first = (plural: Plural): ListState => ({ search: '', cursors: [], ...usual(plural) })
const states = new Map<Plural, Store<ListState>>()

/** stateOf is the list's state, the same after the person went away and came back. */
export function stateOf(plural: Plural): Store<ListState> {
  let s = states.get(plural)
  if (!s) states.set(plural, (s = store(first(plural))))
  return s
}

/** turn changes what is asked and goes back to the first page. */
export const turn = (plural: Plural, change: Partial<ListState>) => stateOf(plural).set(s => ({ ...s, cursors: [], ...change }))

/** HAS_DAY is the condition that a day is set at all: the smallest moment there is. */
const HAS_DAY = 1

export const isSet = (conds: Cond[]) => conds.length === 1 && conds[0]?.op === 'gte' && conds[0].values?.[0] === HAS_DAY

/** order sorts by a field; soonest first is asked of those that have a day, which a chip says. */
export function order(plural: Plural, sort: string, desc: boolean) {
  const s = stateOf(plural).get()
  const planned = sort === 'next_at' && !desc && condsOf(s, sort).length === 0
  turn(plural, { sort, desc, where: planned ? [...s.where, { field: sort, op: 'gte', values: [HAS_DAY] }] : s.where })
}

/** startsLate tells that the first look at a column is at its largest: sums and what happened; what is planned begins with the soonest. */
export const startsLate = (sort: string) => !['next_at', 'due_at', 'close_on'].includes(sort)

export const setSearch = (plural: Plural, search: string) => turn(plural, { search })

export const condsOf = (s: ListState, field: string) => s.where.filter(c => c.field === field)

/** setConds replaces the conditions on one field. */
export function setConds(plural: Plural, field: string, conds: Cond[]) {
  const rest = stateOf(plural).get().where.filter(c => c.field !== field)
  turn(plural, { where: [...rest, ...conds] })
}

/** isUsual tells that a list is as it begins. */
export const isUsual = (plural: Plural, s: ListState) => s.search === '' && JSON.stringify(s.where) === JSON.stringify(usual(plural).where)

export const isFiltered = (s: ListState) => s.search !== '' || s.where.length > 0

interface Shown { ids: ID[]; next?: string }

const shown = new Map<Plural, Store<Shown>>()

/** shownOf is the page that is on the screen, for next and previous in a record. */
export function shownOf(plural: Plural): Store<Shown> {
  let s = shown.get(plural)
  if (!s) shown.set(plural, (s = store<Shown>({ ids: [] })))
  return s
}

const columnKey = (plural: Plural) => `kexin.columns.${plural}`
const columnStores = new Map<Plural, Store<string[]>>()

/** columnsOf are the columns the person chose; only field names are kept on the machine. */
export function columnsOf(o: ObjectDef): Store<string[]> {
  let s = columnStores.get(o.plural)
  if (!s) columnStores.set(o.plural, (s = store(readColumns(o))))
  return s
}

export const defaultColumns = (o: ObjectDef) => o.fields.filter(f => f.list).map(f => f.name)

function readColumns(o: ObjectDef): string[] {
  try {
    const names: unknown = JSON.parse(localStorage.getItem(columnKey(o.plural)) ?? '')
    if (Array.isArray(names)) {
      const known = names.filter((n): n is string => o.fields.some(f => f.name === n))
      if (known.length > 0) return known
    }
  } catch { /* nothing kept yet */ }
  return defaultColumns(o)
}

export function setColumns(o: ObjectDef, names: string[]) {
  columnsOf(o).set(names)
  try { localStorage.setItem(columnKey(o.plural), JSON.stringify(names)) } catch { /* private window */ }
}
