import type { Bare, Field } from '../api/types'
import { t } from '../words'
import { minorOf, yuanInput } from '../words/money'
import { clockOf, dayOf, momentOf } from '../words/time'

/** Typed is a form as it is typed: every value a text, or a list of codes. */
export type Typed = Record<string, string | string[]>

/** severalPhones is true for the one phone field that takes more than one number. */
export const severalPhones = (f: Field) => f.kind === 'phone' && f.name === 'phones'

/** typedOf is a value as it stands in an input. */
export function typedOf(f: Field, v: Bare | undefined): string | string[] {
  if (f.kind === 'choices') return Array.isArray(v) ? v : []
  if (v === null || v === undefined) return ''
  if (Array.isArray(v)) return v.join('\n')
  if (f.kind === 'money' && typeof v === 'number') return yuanInput(v)
  if (f.kind === 'instant' && typeof v === 'number') return `${dayOf(v)}T${clockOf(v)}`
  return String(v)
}

const blank = (v: string | string[]) => (Array.isArray(v) ? v.length === 0 : v.trim() === '')

/** valueOf reads an input; undefined where it cannot be read. */
function valueOf(f: Field, v: string | string[]): Bare | undefined {
  if (blank(v)) return null
  if (Array.isArray(v)) return v
  switch (f.kind) {
    case 'money': return minorOf(v)
    case 'number': return /^\d{1,9}$/.test(v.trim()) ? Number(v) : undefined
    case 'instant': return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(v) ? momentOf(v.slice(0, 10), v.slice(11, 16)) : undefined
    case 'phone': return severalPhones(f) ? v.split(/[\n,，、;；\s]+/).filter(Boolean) : v.trim()
    default: return v.trim()
  }
}

const rough: Partial<Record<Field['kind'], [RegExp, 'web.check.phone' | 'web.check.email']>> = {
  phone: [/^[\d+\-()\s,，、;；]{5,}$/, 'web.check.phone'],
  email: [/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'web.check.email'],
}

/** check is what is wrong with one input, as far as can be said without the server; "" = nothing. */
export function check(f: Field, v: string | string[], hidden = false): string {
  if (blank(v)) return f.required && !hidden ? t('web.check.required', { field: f.label }) : ''
  if (valueOf(f, v) === undefined) return t(f.kind === 'money' ? 'web.check.money' : f.kind === 'number' ? 'web.check.number' : 'web.check.day')
  const r = rough[f.kind]
  if (r && typeof v === 'string' && !r[0].test(v.trim().normalize('NFKC'))) return t(r[1])
  if (f.max && typeof v === 'string' && [...v].length > f.max) return t('web.check.long', { n: f.max })
  return ''
}

/** changed are the values that differ from what the form began with. */
export function changed(fields: Field[], first: Typed, now: Typed): Record<string, Bare> {
  const out: Record<string, Bare> = {}
  for (const f of fields) {
    const was = first[f.name] ?? '', is = now[f.name] ?? ''
    if (JSON.stringify(was) === JSON.stringify(is)) continue
    const v = valueOf(f, is)
    if (v !== undefined) out[f.name] = v
  }
  return out
}

/** isWritable tells whether a field can be filled in by hand. */
export const isWritable = (f: Field) => !f.computed && f.name !== 'owner'
