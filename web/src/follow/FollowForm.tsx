import { CalendarOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import * as calls from '../api/calls'
import { afterWrite } from '../api/queries'
import type { Bare, Day, ID } from '../api/types'
import { ChooseOne } from '../parts/Choose'
import { saidOf } from '../parts/Fault'
import { useNarrow } from '../parts/screen'
import { said } from '../parts/toast'
import { Area } from '../parts/Typing'
import { t } from '../words'
import { momentOf, plusDays, sayDay, todayDay } from '../words/time'
import { useWays } from './ways'
import './follow.css'

export interface Follow { customer: ID; way?: string; task?: ID }

const NEXT = { none: undefined, tomorrow: 1, three: 3, week: 7, month: 30 } as const
type Next = keyof typeof NEXT | 'pick'

/** The kinds that are offered first; the others are one tap away. */
const USUAL = ['call', 'wechat', 'store', 'home']

/** HOUR is when a day without a time is due: the shop is open and nobody rests. */
const HOUR = '10:00'

async function write(f: Follow, way: string, note: string, next: Day, taskDone: boolean) {
  const fields: Record<string, Bare> = { customer: f.customer, way, at: Date.now() }
  if (note.trim()) fields.note = note.trim()
  if (next) fields.next_at = momentOf(next, HOUR)
  await calls.create('visits', { fields })
  if (!f.task || !taskDone) return
  const task = await calls.record('tasks', f.task)
  await calls.change('tasks', f.task, { rev: task.rev, fields: { done_at: Date.now() } })
}

/** FollowForm notes a follow-up 记跟进 in three taps: kind, one sentence, next date, saved. */
export function FollowForm({ follow, done, big, autoFocus }: { follow: Follow; done?: () => void; big?: boolean; autoFocus?: boolean }) {
  const narrow = useNarrow()
  const all = useWays()
  const [more, setMore] = useState(false)
  const [way, setWay] = useState(follow.way ?? 'call')
  const ways = more ? all : all.filter(w => USUAL.includes(w.value) || w.value === way)
  const [note, setNote] = useState('')
  const [next, setNext] = useState<Next | ''>('')
  const [day, setDay] = useState<Day>('')
  const [taskDone, setTaskDone] = useState(true)
  const chosen: Day = next === 'pick' ? day : next && NEXT[next] ? plusDays(todayDay(), NEXT[next] ?? 0) : ''
  const save = useMutation({
    mutationFn: () => write(follow, way, note, chosen, taskDone),
    onSuccess: () => {
      said(chosen ? t('web.follow.saved_next', { day: sayDay(chosen) }) : t('web.follow.saved'))
      setNote(''); setNext(''); setDay('')
      afterWrite('visits')
      if (follow.task) afterWrite('tasks', follow.task)
      done?.()
    },
  })
  const days = (['tomorrow', 'three', 'week', 'month', 'none', 'pick'] as const).map(value => ({ value, label: t(`web.follow.next_${value}`), icon: value === 'pick' ? <CalendarOutlined aria-hidden /> : undefined }))
  return (
    <form className={big ? 'follow big' : 'follow'} onSubmit={e => { e.preventDefault(); save.mutate() }}>
      <ChooseOne legend={t('web.follow.way')} hideLegend={!big} options={ways} value={way} onChange={v => v && setWay(v)}>{!more && ways.length < all.length && <button type="button" className="quiet" onClick={() => setMore(true)}>{t('web.follow.other_ways')}</button>}</ChooseOne>
      <Area autoFocus={autoFocus} aria-label={t('web.follow.note')} placeholder={t('web.follow.note_hint')} maxLength={2000} value={note} onChange={e => setNote(e.target.value)} />
      <ChooseOne<Next> legend={t('web.follow.next')} hideLegend={!big} clear options={days} value={next} onChange={setNext} />
      {next === 'pick' && <input type="date" className="kx-input" aria-label={t('web.follow.next')} min={todayDay()} value={day} onChange={e => setDay(e.target.value)} />}
      {follow.task && <label className="row"><input type="checkbox" checked={taskDone} onChange={e => setTaskDone(e.target.checked)} />{t('web.follow.task_done')}</label>}
      {save.isError && <p className="form-err" role="alert">{saidOf(save.error)}</p>}
      <div className="follow-foot">
        <span className="f12 t3 grow">{t('web.follow.seen_note')}</span>
        <Button type="primary" htmlType="submit" loading={save.isPending} size={big && narrow ? 'large' : 'middle'} disabled={next === 'pick' && !day}>{t('web.act.save')}</Button>
      </div>
    </form>
  )
}
