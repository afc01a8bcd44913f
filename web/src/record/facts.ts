import { fieldOf } from '../api/person'
import type { Bare, Field, ObjectDef, Rec, RecordField } from '../api/types'
import type { Seen } from '../cell/read'

/** A Fact is one field of a record with what may be seen of it. */
export interface Fact { field: Field; seen: Seen }

const seenOf = (r: RecordField): Seen => ({ value: r.value, level: r.level, reason: r.reason })

/** factsOf are the fields of a record in the order of the schema. */
export function factsOf(rec: Rec, o: ObjectDef): Fact[] {
  return o.fields.flatMap(field => {
    const r = rec.fields.find(f => f.name === field.name)
    return r ? [{ field, seen: seenOf(r) }] : []
  })
}

/** factOf is one fact by name. */
export function factOf(rec: Rec, o: ObjectDef, name: string): Fact | undefined {
  const field = fieldOf(o, name)
  const r = rec.fields.find(f => f.name === name)
  return field && r ? { field, seen: seenOf(r) } : undefined
}

/** clearValues are the values a form may begin with; what is masked begins empty and stays unless it is typed. */
export function clearValues(rec: Rec): Record<string, Bare> {
  return Object.fromEntries(rec.fields.filter(f => f.level === 'clear').map(f => [f.name, f.value]))
}

/** nameOf is what may be seen of a record's name. */
export function nameOf(rec: Rec): string {
  const v = rec.fields.find(f => f.name === 'name')?.value
  return typeof v === 'string' ? v : ''
}

export const PARTS = ['contact', 'basic', 'trade', 'service', 'sensitive'] as const
export type Part = (typeof PARTS)[number]

/** partOf puts a field into a section of the page by its class. */
export function partOf(f: Field): Part {
  switch (f.class) {
    case 'contact': return 'contact'
    case 'transaction': case 'amount': return 'trade'
    case 'service': return 'service'
    case 'sensitive': return 'sensitive'
    default: return 'basic'
  }
}
