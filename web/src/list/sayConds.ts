import { labelOf, useMemberName } from '../api/person'
import type { Cond, Field } from '../api/types'
import { regionShort, useRegions } from '../region/names'
import { t } from '../words'
import { comma } from '../words/join'
import { yuan } from '../words/money'
import { dayOf, plainDay } from '../words/time'
import { isSet } from './state'

/** useSayConds writes the conditions on one field in a few words, for its chip. */
export function useSayConds(): (field: Field, conds: Cond[]) => string {
  const member = useMemberName()
  const regions = useRegions()
  const one = (f: Field, v: string | number): string => {
    switch (f.kind) {
      case 'ref': return member(String(v))
      case 'region': return regions ? regionShort(regions, String(v)) : ''
      case 'money': return typeof v === 'number' ? yuan(v) : String(v)
      case 'instant': return typeof v === 'number' ? plainDay(dayOf(v)) : String(v)
      case 'day': return plainDay(String(v))
      default: return f.choices ? labelOf(f.choices, String(v)) : String(v)
    }
  }
  return (f, conds) => {
    if (conds.some(c => c.op === 'empty')) return t(f.name === 'done_at' ? 'web.task.open' : 'web.filter.empty')
    if (isSet(conds)) return t('web.filter.set')
    const at = (op: Cond['op']) => conds.find(c => c.op === op)?.values ?? []
    const low = at('gte')[0], high = at('lte')[0]
    if (low !== undefined && high !== undefined) return `${one(f, low)} – ${one(f, high)}`
    if (low !== undefined) return t('web.filter.since', { value: one(f, low) })
    if (high !== undefined) return t('web.filter.until', { value: one(f, high) })
    const values = [...at('eq'), ...at('in'), ...at('has')].map(v => one(f, v))
    return values.length > 2 ? t('web.filter.several', { first: values[0] ?? '', n: values.length }) : values.join(comma())
  }
}
