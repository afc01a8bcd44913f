import { CheckCircleFilled, MinusCircleFilled } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button } from '../parts/Button'
import * as calls from '../api/calls'
import { labelOf, useObject } from '../api/person'
import { afterWrite } from '../api/queries'
import type { ID, Cell, DueItem, Field, MayContact, Reason } from '../api/types'
import { MaskedValue } from '../cell/Masked'
import { NameLink } from '../cell/NameLink'
import { isEmpty, plain, readCell } from '../cell/read'
import { Value } from '../cell/Value'
import { CallButton } from '../follow/CallButton'
import { following } from '../follow/state'
import { useNarrow } from '../parts/screen'
import { failed, said } from '../parts/toast'
import { t } from '../words'
import { moment } from '../words/moment'
import { colon, comma } from '../words/join'
import { clockOf, dayOf, plainDay, sayMoment, todayDay } from '../words/time'

const WINDOW = 45 * 60_000

/** nowIndex is the one row that is due now: the nearest within three quarters of an hour, else none. */
function nowIndex(items: DueItem[], now: number): number {
  const near = items.map((d, i) => ({ i, off: Math.abs(d.due - now), over: d.overdue || d.day })).filter(x => !x.over && x.off <= WINDOW)
  return near.sort((a, b) => a.off - b.off)[0]?.i ?? -1
}

/** DueList is who is due, what for, whether it may be done now, and the note in one tap. */
export function DueList({ items, reasons, now, label }: { items: DueItem[]; reasons: Reason[]; now: number; label: string }) {
  const narrow = useNarrow()
  const at = nowIndex(items, now)
  return (
    <ul className={narrow ? 'due narrow' : 'due'} aria-label={label}>
      {items.map((d, i) => <DueRow key={d.customer + (d.task ?? '')} d={d} reasons={reasons} here={i === at} narrow={narrow} />)}
    </ul>
  )
}

function DueRow({ d, reasons, here, narrow }: { d: DueItem; reasons: Reason[]; here: boolean; narrow: boolean }) {
  const customers = useObject('customers')
  const need = customers.fields.find(f => f.name === 'need'), nameField = customers.fields.find(f => f.name === 'name')
  const name = plain(d.name, reasons)
  const whom = { customer: d.customer, name, task: d.task }
  const size = narrow ? 'large' : 'small'
  const kind: 'primary' | 'default' = here ? 'primary' : 'default'
  return (
    <li className={here ? 'due-row here' : 'due-row'}>
      <When d={d} />
      <div className="due-who">
        <div className="row">{nameField && d.customer && <NameLink className="due-name el2" plural="customers" id={d.customer} field={nameField} seen={readCell(d.name, reasons, nameField)} />}</div>
        {d.customer && <div className="f12 t3 el"><Shown cell={d.phone} reasons={reasons} field={customers.fields.find(f => f.name === 'phone')} id={d.customer} /></div>}
        {!d.customer && <div className="f13 t3">{t('web.today.own_task')}</div>}
      </div>
      <div className="due-what">
        <div className="el2"><What d={d} reasons={reasons} /></div>
        <div className="f12 t3 el">{[d.need.map(n => labelOf(need?.choices, n)).join(comma()), d.lastAt && t('web.today.last', { at: sayMoment(d.lastAt) })].filter(Boolean).join(' · ')}</div>
      </div>
      {d.customer ? <May call={d.call} /> : <div className="due-may" />}
      <div className="due-acts">
        {!d.customer && d.task ? <DoneButton task={d.task} size={size} block={narrow} type={kind} /> : <>
        <CallButton whom={whom} call={d.call} size={size} block={narrow} label={narrow ? undefined : <span className="sr">{t('web.contact.call')}</span>} />
        <Button size={size} block={narrow} type={kind} onClick={() => following.set({ ...whom, way: 'call' })} aria-label={`${t('web.follow.note_it')}${colon()}${name}`}>{t('web.follow.note_it')}</Button></>}
      </div>
    </li>
  )
}

/** DoneButton ticks off a task that is about no customer. */
function DoneButton({ task, size, block, type }: { task: ID; size: 'large' | 'small'; block: boolean; type: 'primary' | 'default' }) {
  const done = useMutation({
    mutationFn: async () => { const r = await calls.record('tasks', task); await calls.change('tasks', task, { rev: r.rev, fields: { done_at: moment() } }) },
    onSuccess: () => { said(t('web.task.done')); return afterWrite('tasks', task) }, onError: failed,
  })
  return <Button size={size} block={block} type={type} loading={done.isPending} onClick={() => done.mutate()}>{t('web.today.done')}</Button>
}

/** When is the hour; what is late says so in red and in a word. */
function When({ d }: { d: DueItem }) {
  const today = dayOf(d.due) === todayDay()
  if (today && d.day) return <div className="due-when"><span className="b5">{t('web.time.today')}</span></div>
  if (d.overdue) return <div className="due-when no"><span className="b5">{t('web.today.overdue')}</span><span className="f12">{sayMoment(d.due)}</span></div>
  if (today) return <div className="due-when"><span className="b5">{clockOf(d.due)}</span></div>
  return <div className="due-when"><span className="b5">{plainDay(dayOf(d.due))}</span>{!d.day && <span className="f12 t3">{clockOf(d.due)}</span>}</div>
}

function Shown({ cell, reasons, field, id }: { cell: Cell; reasons: Reason[]; field?: Field; id?: string }) {
  if (!field) return null
  const seen = readCell(cell, reasons, field)
  if (seen.level === 'clear') return <Value field={field} value={seen.value} />
  return <MaskedValue seen={seen} field={field} at={id ? { plural: 'customers', id } : undefined} />
}

function What({ d, reasons }: { d: DueItem; reasons: Reason[] }) {
  const title = useObject('tasks').fields.find(f => f.name === 'title')
  const seen = readCell(d.what, reasons)
  if (seen.level !== 'clear' && title) return <MaskedValue seen={seen} field={title} />
  return isEmpty(seen.value) ? <span className="t3">{t('web.today.no_note')}</span> : <>{String(seen.value)}</>
}

/** May is the gate's answer: yes or not now, and why. */
function May({ call }: { call: MayContact }) {
  return (
    <div className="due-may">
      <div className={call.ok ? 'row' : 'row wa'}>{call.ok ? <CheckCircleFilled className="okc" aria-hidden /> : <MinusCircleFilled aria-hidden />}<span className="el">{call.ok ? t('web.today.may_call') : t('web.today.may_not')}</span></div>
      <div className="f12 t3 el2" title={call.reason.text}>{call.reason.text}</div>
    </div>
  )
}
