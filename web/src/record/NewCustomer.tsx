import { useMutation } from '@tanstack/react-query'
import { Button } from '../parts/Button'
import { useState } from 'react'
import * as calls from '../api/calls'
import { useObject } from '../api/person'
import { afterWrite } from '../api/queries'
import type { Field, ID } from '../api/types'
import { FieldInput } from '../form/FieldInput'
import { useForm } from '../form/useForm'
import { isWritable } from '../form/values'
import { ChooseOne } from '../parts/Choose'
import { saidOf } from '../parts/Fault'
import { useOnce } from '../parts/once'
import { said } from '../parts/toast'
import { t } from '../words'
import { todayDay } from '../words/time'
import { partOf, type Part } from './facts'
import { MaybeSame, sameIn } from './MaybeSame'
import '../form/form.css'

const QUICK = ['name', 'phone', 'salutation', 'need', 'source', 'region', 'remark']
const ONLY_PERSON = new Set(['salutation', 'gender', 'birthday'])
const ONLY_COMPANY = new Set(['uscc'])

/** The order of the whole form: who it is first. */
const ORDER: Part[] = ['basic', 'contact', 'trade', 'service', 'sensitive']

type Type = 'person' | 'company'

const fits = (f: Field, type: Type) => (type === 'person' ? !ONLY_COMPANY.has(f.name) : !ONLY_PERSON.has(f.name))

/** NewCustomer takes a customer down by hand: what is always asked first, the rest on demand. */
export function NewCustomer({ done }: { done: (id: ID) => void }) {
  const object = useObject('customers')
  const [type, setType] = useState<Type>('person')
  const [all, setAll] = useState(false)
  const may = object.fields.filter(f => isWritable(f) && f.name !== 'type' && f.own !== 'none')
  const form = useForm(may, { source: 'store', source_on: todayDay(), stage: 'new' }, { draft: 'customers' })
  const quick = QUICK.map(n => may.find(f => f.name === n)).filter(f => f !== undefined)
  const shown = (all ? may : quick).filter(f => fits(f, type))
  const once = useOnce()
  const save = useMutation({
    mutationFn: (same: 'different' | undefined) => {
      const typed = Object.fromEntries(Object.entries(form.changes()).filter(([n]) => { const f = may.find(x => x.name === n); return f && fits(f, type) }))
      const kept = Object.fromEntries((['source', 'source_on', 'stage'] as const).filter(n => form.typed[n] && may.some(f => f.name === n)).map(n => [n, String(form.typed[n])]))
      return calls.create('customers', { fields: { type, ...kept, ...typed }, ...(same ? { same } : {}) }, once.get().key)
    },
    onSuccess: made => { once.renew(); form.saved(); said(t('web.form.made', { object: object.label })); afterWrite('customers'); done(made.id) },
    onError: form.refuse,
  })
  const same = sameIn(save.error)
  const input = (f: Field, i: number) => <FieldInput key={f.name} field={f} value={form.typed[f.name] ?? ''} onChange={v => { form.set(f.name, v); save.reset() }} onBlur={() => form.blur(f)} error={form.errors[f.name]} autoFocus={i === 0} />
  return (
    <form className="form" noValidate onSubmit={e => { e.preventDefault(); if (form.ready(shown)) save.mutate(undefined) }}>
      {form.found && <p className="note-box row wrap"><span className="grow">{t('web.new.found')}</span><button type="button" className="linky" onClick={form.clear}>{t('web.new.clear')}</button></p>}
      <ChooseOne<Type> legend={t('web.new.type')} hideLegend value={type} onChange={v => v && setType(v)} options={[{ value: 'person', label: t('web.new.person') }, { value: 'company', label: t('web.new.company') }]} />
      {all ? ORDER.map(p => {
        const fields = shown.filter(f => partOf(f) === p)
        return fields.length > 0 && <div key={p} className="form-part"><h3>{t(`web.part.${p}`)}</h3><p>{t(`web.why.${p}`)}</p>{fields.map((f, i) => input(f, p === 'basic' ? i : 1))}</div>
      }) : <><p className="f12 t3">{t('web.why.quick')}</p>{shown.map(input)}</>}
      <button type="button" className="linky more-fields" aria-expanded={all} onClick={() => setAll(!all)}>{t(all ? 'web.new.fewer' : 'web.new.more')}</button>
      {same && <MaybeSame same={same} busy={save.isPending} different={() => save.mutate('different')} />}
      {save.isError && !same && <p className="form-err" role="alert">{saidOf(save.error)}</p>}
      <div className="form-foot"><Button type="primary" htmlType="submit" loading={save.isPending && !same} disabled={!!same}>{t('web.act.save')}</Button></div>
    </form>
  )
}
