import { CalendarOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button } from '../parts/Button'
import { useEffect, useState } from 'react'
import * as calls from '../api/calls'
import { afterWrite } from '../api/queries'
import type { Bare, Day, ID } from '../api/types'
import { drafts } from '../api/unsaved'
import { ChooseOne, Picks } from '../parts/Choose'
import { saidOf } from '../parts/Fault'
import { useNarrow } from '../parts/screen'
import { useOnce, type Once } from '../parts/once'
import { failed, said } from '../parts/toast'
import { Area } from '../parts/Typing'
import { t } from '../words'
import { momentOf, plusDays, sayDay, todayDay } from '../words/time'
import { following } from './state'
import { useWays } from './ways'
import './follow.css'

/** A Follow is whose follow-up is noted, and what is known of it before. */
export interface Follow { customer: ID; name?: string; way?: string; task?: ID; note?: string }

const NEXT = { none: undefined, tomorrow: 1, three: 3, week: 7, month: 30 } as const
type Next = keyof typeof NEXT | 'pick'

/** The kinds that are offered first; the others are one tap away. */
const USUAL = ['call', 'callin', 'wechat', 'store', 'home']

/** HOUR is when a day without a time is due: the shop is open and nobody rests. */
const HOUR = '10:00'

async function write(f: Follow, way: string, note: string, next: Day, taskDone: boolean, once: Once) {
  const fields: Record<string, Bare> = { customer: f.customer, way, at: once.at }
  if (note.trim()) fields.note = note.trim()
  if (next) fields.next_at = momentOf(next, HOUR)
  return calls.create('visits', f.task && taskDone ? { fields, task: f.task } : { fields }, once.key)
}

async function reopen(task: ID) {
  const t = await calls.record('tasks', task)
  await calls.change('tasks', task, { rev: t.rev, fields: { done_at: null } })
}

/** takeBack undoes a follow-up that was just saved and opens it again as it was typed. */
async function takeBack(id: ID, f: Follow, way: string, note: string, taskDone: boolean) {
  try {
    await calls.remove('visits', id, 1)
    if (f.task && taskDone) await reopen(f.task)
    following.set({ ...f, name: f.name ?? '', way, note })
  } catch (e) { failed(e) }
  afterWrite('visits')
}

/** FollowForm notes a follow-up 记跟进 in three taps: kind, one sentence, next date, saved. */
export function FollowForm({ follow, done, big }: { follow: Follow; done?: () => void; big?: boolean }) {
  const narrow = useNarrow()
  const all = useWays()
  const [more, setMore] = useState(false)
  const [way, setWay] = useState(follow.way ?? 'call')
  const ways = more ? all : all.filter(w => USUAL.includes(w.value) || w.value === way)
  // a sentence that is not saved outlives another tab, another record and Esc
  const draft = `visits/${follow.customer}`
  const [note, setNote] = useState(follow.note ?? String(drafts.get(draft) ?? ''))
  useEffect(() => { if (note) drafts.set(draft, note); else drafts.delete(draft) }, [note, draft])
  const [next, setNext] = useState<Next | ''>('')
  const [day, setDay] = useState<Day>('')
  const [taskDone, setTaskDone] = useState(true)
  const dayFor = (n: Next | ''): Day => (n === 'pick' ? day : n && NEXT[n] ? plusDays(todayDay(), NEXT[n] ?? 0) : '')
  const once = useOnce()
  const save = useMutation({
    mutationFn: (on: Day) => write(follow, way, note, on, taskDone, once.get()),
    onSuccess: (made, on) => {
      once.renew()
      said(on ? t('web.follow.saved_next', { day: sayDay(on) }) : t('web.follow.saved'), { label: t('web.act.undo'), act: () => void takeBack(made.id, follow, way, note, taskDone) })
      drafts.delete(draft)
      setNote(''); setNext(''); setDay('')
      afterWrite('visits')
      if (follow.task) afterWrite('tasks', follow.task)
      done?.()
    },
  })
  // with a sentence there, the day is the last thing to say: it saves
  const ready = note.trim() !== ''
  const pick = (n: Next) => {
    if (ready && n !== 'pick') return save.mutate(dayFor(n))
    setNext(next === n ? '' : n)
  }
  const days = (['tomorrow', 'three', 'week', 'month', 'none', 'pick'] as const).map(value => ({ value, label: t(`web.follow.next_${value}`), icon: value === 'pick' ? <CalendarOutlined aria-hidden /> : undefined }))
  return (
    <form className={big ? 'follow big' : 'follow'} onSubmit={e => { e.preventDefault(); if (!save.isPending) save.mutate(dayFor(next)) }}>
      <ChooseOne legend={t('web.follow.way')} hideLegend={!big} options={ways} value={way} onChange={v => v && setWay(v)}>{!more && ways.length < all.length && <button type="button" className="quiet" onClick={() => setMore(true)}>{t('web.follow.other_ways')}</button>}</ChooseOne>
      <Area autoFocus={big} aria-label={t('web.follow.note')} placeholder={t('web.follow.note_hint')} maxLength={2000} value={note} onChange={e => setNote(e.target.value)}
        onKeyDown={e => { if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) { e.preventDefault(); e.currentTarget.form?.requestSubmit() } }} />
      <Picks<Next> legend={t(ready ? 'web.follow.next_saves' : 'web.follow.next')} hideLegend={!big} options={days} chosen={next} onPick={pick} disabled={save.isPending} />
      {next === 'pick' && <input type="date" className="kx-input" aria-label={t('web.follow.next')} min={todayDay()} value={day} onChange={e => setDay(e.target.value)} />}
      {follow.task && <label className="row"><input type="checkbox" checked={taskDone} onChange={e => setTaskDone(e.target.checked)} />{t('web.follow.task_done')}</label>}
      {save.isError && <p className="form-err" role="alert">{saidOf(save.error)}</p>}
      <div className="follow-foot">
        <span className="f12 t3 grow">{t(ready && !big ? 'web.follow.next_saves' : 'web.follow.seen_note')}</span>
        <Button type="primary" htmlType="submit" loading={save.isPending} size={big && narrow ? 'large' : 'middle'} disabled={next === 'pick' && !day}>{t('web.act.save')}</Button>
      </div>
    </form>
  )
}
