import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from '../parts/Button'
import * as calls from '../api/calls'
import { useObject } from '../api/person'
import { afterWrite, faultOf, useRecord } from '../api/queries'
import { store } from '../api/store'
import type { Bare, ID, Plural } from '../api/types'
import { FieldInput } from '../form/FieldInput'
import { useForm } from '../form/useForm'
import { isWritable } from '../form/values'
import { Fault, saidOf } from '../parts/Fault'
import { useOnce } from '../parts/once'
import { Sheet } from '../parts/Sheet'
import { said } from '../parts/toast'
import { Wait } from '../parts/Wait'
import { t } from '../words'
import { moment } from '../words/moment'
import { momentOf, plusDays, todayDay } from '../words/time'
import { EditForm } from './EditForm'
import { OrderLines, saveLines, useLines } from './OrderLines'
import { removeSoon } from './removing'
import { subTitle } from './subTitle'

/** sub is the record that is being made or changed in the sheet, with what is already known of it. */
export const sub = store<{ plural: Plural; id?: ID; fixed: Record<string, Bare> } | undefined>(undefined)

const close = () => sub.set(undefined)

/** SubSheet makes and changes the small records of a customer: contacts, orders, deals, tasks. */
export function SubSheet() {
  const s = sub.use()
  return (
    <Sheet open={s !== undefined} onClose={close} title={s ? subTitle(s.plural, s.id === undefined) : ''} width={560}>
      {s && (s.id ? <Change plural={s.plural} id={s.id} /> : <NewForm plural={s.plural} fixed={s.fixed} done={close} />)}
    </Sheet>
  )
}

function Change({ plural, id }: { plural: Plural; id: ID }) {
  const object = useObject(plural)
  const q = useRecord(plural, id)
  if (faultOf(q)) return <Fault error={q.error} retry={() => void q.refetch()} />
  if (!q.data) return <Wait rows={4} />
  const rec = q.data
  const remove = () => { removeSoon(plural, id, rec.rev, object.label); close() }
  return (
    <div className="form">
      {rec.can.includes('edit') ? <EditForm rec={rec} object={object} fields={object.fields.filter(f => f.ref !== 'customer' && f.ref !== 'order')} done={close} /> : <p className="note-box">{t('web.forbidden.edit')}</p>}
      {plural === 'orders' && <OrderLines order={id} editable={rec.can.includes('edit')} />}
      {rec.can.includes('delete') && <div className="sep"><Button type="text" danger onClick={remove}>{t('web.remove.act', { object: object.label })}</Button></div>}
    </div>
  )
}

/** defaultsOf are sensible first values, so that a form is short to fill in. */
function defaultsOf(plural: Plural): Record<string, Bare> {
  switch (plural) {
    case 'orders': return { ordered_on: todayDay(), status: 'open' }
    case 'deals': return { stage: 'need' }
    case 'tasks': return { due_at: momentOf(plusDays(todayDay(), 1), '10:00') }
    case 'visits': return { way: 'call', at: moment() }
    default: return {}
  }
}

/** NewForm makes one record; fixed values are not asked for. */
export function NewForm({ plural, fixed, done }: { plural: Plural; fixed: Record<string, Bare>; done: (id: ID) => void }) {
  const object = useObject(plural)
  const shown = object.fields.filter(f => isWritable(f) && !(f.name in fixed) && f.own !== 'none' && f.name !== 'done_at')
  const [defaults] = useState(() => defaultsOf(plural))
  const form = useForm(shown, defaults)
  const lines = useLines()
  const once = useOnce()
  const save = useMutation({
    mutationFn: async () => {
      const given = Object.fromEntries(Object.entries(defaults).filter(([n]) => shown.some(f => f.name === n) && form.typed[n] !== ''))
      const made = await calls.create(plural, { fields: { ...given, ...form.changes(), ...fixed } }, once.get().key)
      if (plural === 'orders') await saveLines(made.id, lines.rows, once.get().key)
      return made
    },
    onSuccess: made => { once.renew(); said(t('web.form.made', { object: object.label })); afterWrite(plural); done(made.id) },
    onError: form.refuse,
  })
  return (
    <form className="form" noValidate onSubmit={e => { e.preventDefault(); if (form.ready(shown) && lines.ready()) save.mutate() }}>
      {shown.map((f, i) => <FieldInput key={f.name} field={f} value={form.typed[f.name] ?? ''} onChange={v => form.set(f.name, v)} onBlur={() => form.blur(f)} error={form.errors[f.name]} autoFocus={i === 0} />)}
      {plural === 'orders' && lines.view}
      {save.isError && <p className="form-err" role="alert">{saidOf(save.error)}</p>}
      <div className="form-foot"><Button type="primary" htmlType="submit" loading={save.isPending}>{t('web.act.save')}</Button></div>
    </form>
  )
}
