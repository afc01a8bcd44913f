import { Button } from '../parts/Button'
import { useState, type ReactNode } from 'react'
import { usePerson } from '../api/person'
import type { Cond, Field, ObjectDef } from '../api/types'
import { ChooseMany, ChooseOne } from '../parts/Choose'
import { RegionPick } from '../region/RegionPick'
import { t } from '../words'
import { moment } from '../words/moment'
import { minorOf, yuanInput } from '../words/money'
import { dayOf, momentOf, plusDays, todayDay } from '../words/time'
import { condsOf, setConds, stateOf } from './state'

interface Props { object: ObjectDef; field: Field; close?: () => void; plain?: boolean }

/** FilterEdit asks for the conditions on one field, by its kind. */
export function FilterEdit({ object, field, close, plain }: Props) {
  const conds = condsOf(stateOf(object.plural).use(), field.name)
  const set = (next: Cond[]) => setConds(object.plural, field.name, next)
  const body = editor(field, conds, set)
  return (
    <div className={plain ? 'filter-one plain' : 'filter-one'}>
      {body}
      {!plain && (
        <div className="filter-foot">
          <button type="button" className="linky" disabled={conds.length === 0} onClick={() => set([])}>{t('web.act.clear')}</button>
          {close && <Button size="small" type="primary" onClick={close}>{t('web.act.done')}</Button>}
        </div>
      )}
    </div>
  )
}

function editor(field: Field, conds: Cond[], set: (next: Cond[]) => void): ReactNode {
  switch (field.kind) {
    case 'choice': return <Choices field={field} op="in" conds={conds} set={set} />
    case 'choices': return <Choices field={field} op="has" conds={conds} set={set} />
    case 'ref': return <Members field={field} conds={conds} set={set} />
    case 'region': return <Region field={field} conds={conds} set={set} />
    case 'money': return <Range field={field} conds={conds} set={set} read={minorOf} write={yuanInput} />
    case 'number': return <Range field={field} conds={conds} set={set} read={s => (/^\d{1,9}$/.test(s.trim()) ? Number(s) : undefined)} write={String} />
    case 'day': return <Days field={field} conds={conds} set={set} moments={false} />
    case 'instant': return <Days field={field} conds={conds} set={set} moments />
    default: return null
  }
}

interface Editor { field: Field; conds: Cond[]; set: (next: Cond[]) => void }

const strings = (c: Cond | undefined): string[] => (c?.values ?? []).map(String)

function Choices({ field, op, conds, set }: Editor & { op: 'in' | 'has' }) {
  const value = strings(conds.find(c => c.op === op))
  return <ChooseMany legend={field.label} options={(field.choices ?? []).map(c => ({ value: c.code, label: c.label }))} value={value} onChange={v => set(v.length > 0 ? [{ field: field.name, op, values: v }] : [])} />
}

function Members({ field, conds, set }: Editor) {
  const members = usePerson().schema.members
  const value = strings(conds.find(c => c.op === 'in'))
  return <ChooseMany legend={field.label} options={members.map(m => ({ value: m.id, label: m.active ? m.name : t('web.person.left', { name: m.name }) }))} value={value} onChange={v => set(v.length > 0 ? [{ field: field.name, op: 'in', values: v }] : [])} />
}

function Region({ field, conds, set }: Editor) {
  const value = strings(conds[0])[0] ?? ''
  return (
    <div className="field">
      <span className="label">{field.label}</span>
      <RegionPick label={field.label} whole value={value} onChange={code => set(code ? [{ field: field.name, op: 'eq', values: [code] }] : [])} />
    </div>
  )
}

function Range({ field, conds, set, read, write }: Editor & { read: (s: string) => number | undefined; write: (n: number) => string }) {
  const at = (op: 'gte' | 'lte') => {
    const v = conds.find(c => c.op === op)?.values?.[0]
    return typeof v === 'number' ? write(v) : ''
  }
  const [low, setLow] = useState(at('gte'))
  const [high, setHigh] = useState(at('lte'))
  const put = (a: string, b: string) => {
    const next: Cond[] = []
    for (const [op, s] of [['gte', a], ['lte', b]] as const) {
      const n = read(s)
      if (n !== undefined) next.push({ field: field.name, op, values: [n] })
    }
    set(next)
  }
  return (
    <fieldset className="range">
      <legend>{field.label}</legend>
      <input className="kx-input" inputMode="decimal" aria-label={t('web.filter.from', { field: field.label })} value={low} onChange={e => setLow(e.target.value)} onBlur={() => put(low, high)} />
      <span className="t3">{t('web.filter.to_word')}</span>
      <input className="kx-input" inputMode="decimal" aria-label={t('web.filter.to', { field: field.label })} value={high} onChange={e => setHigh(e.target.value)} onBlur={() => put(low, high)} />
    </fieldset>
  )
}

type Preset = 'late' | 'today' | 'week' | 'past30' | 'empty'

function Days({ field, conds, set, moments }: Editor & { moments: boolean }) {
  const value = (op: 'gte' | 'lte') => {
    const v = conds.find(c => c.op === op)?.values?.[0]
    return v === undefined ? '' : typeof v === 'number' ? dayOf(v) : v
  }
  const span = (from: string, to: string): Cond[] => {
    const next: Cond[] = []
    if (from) next.push({ field: field.name, op: 'gte', values: [moments ? momentOf(from, '00:00') : from] })
    if (to) next.push({ field: field.name, op: 'lte', values: [moments ? momentOf(plusDays(to, 1), '00:00') - 1 : to] })
    return next
  }
  const planned = field.name === 'next_at' || field.name === 'due_at' || field.name === 'close_on'
  const now = todayDay()
  const presets: Record<Preset, () => Cond[]> = {
    late: () => [{ field: field.name, op: 'lte', values: [moments ? moment() : plusDays(now, -1)] }],
    today: () => span(now, now), week: () => span(now, plusDays(now, 6)), past30: () => span(plusDays(now, -29), now),
    empty: () => [{ field: field.name, op: 'empty' }],
  }
  const offered: Preset[] = planned ? ['late', 'today', 'week', 'empty'] : ['today', 'past30', 'empty']
  const chosen: Preset | '' = conds.some(c => c.op === 'empty') ? 'empty' : ''
  return (
    <div className="days">
      <ChooseOne<Preset> legend={field.label} clear value={chosen} onChange={v => set(v ? presets[v]() : [])} options={offered.map(p => ({ value: p, label: t(p === 'empty' && field.name === 'done_at' ? 'web.task.open' : `web.filter.${p}`) }))} />
      <div className="row">
        <input type="date" className="kx-input" aria-label={t('web.filter.from', { field: field.label })} value={value('gte')} max={value('lte') || undefined} onChange={e => set(span(e.target.value, value('lte')))} />
        <span className="t3">{t('web.filter.to_word')}</span>
        <input type="date" className="kx-input" aria-label={t('web.filter.to', { field: field.label })} value={value('lte')} min={value('gte') || undefined} onChange={e => set(span(value('gte'), e.target.value))} />
      </div>
    </div>
  )
}
