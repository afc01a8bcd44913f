import { CalendarOutlined, CheckSquareOutlined, EditOutlined, EyeOutlined, FileDoneOutlined, FunnelPlotOutlined, PhoneOutlined, PlusOutlined, SwapOutlined, UnlockOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import * as calls from '../api/calls'
import { faultOf } from '../api/queries'
import type { Event, EventKind, Field, ID, Reason } from '../api/types'
import { MaskedValue } from '../cell/Masked'
import { isEmpty, readCell } from '../cell/read'
import { Value } from '../cell/Value'
import { useObject } from '../api/person'
import { wayIcon } from '../follow/ways'
import { Fault } from '../parts/Fault'
import { Wait } from '../parts/Wait'
import { t } from '../words'
import { dayOf, sayDay, sayMoment } from '../words/time'

const icons: Record<EventKind, ReactNode> = {
  visit: <CalendarOutlined aria-hidden />, order: <FileDoneOutlined aria-hidden />, deal: <FunnelPlotOutlined aria-hidden />, task: <CheckSquareOutlined aria-hidden />,
  edited: <EditOutlined aria-hidden />, opened: <EyeOutlined aria-hidden />, revealed: <UnlockOutlined aria-hidden />, contact: <PhoneOutlined aria-hidden />,
  moved: <SwapOutlined aria-hidden />, created: <PlusOutlined aria-hidden />,
}

const SORTS = {
  all: null, follow: ['visit', 'task', 'contact'], trade: ['order', 'deal'], consent: ['opened', 'revealed', 'moved'],
} as const satisfies Record<string, readonly EventKind[] | null>
type Sort = keyof typeof SORTS

/** TimelineList is what happened, newest first; who looked is told where access is asked for, not between the days. */
export function TimelineList({ id }: { id: ID }) {
  const [sort, setSort] = useState<Sort>('all')
  const q = useQuery({ queryKey: ['timeline', id], queryFn: () => calls.timeline(id) })
  const kinds: readonly EventKind[] | null = SORTS[sort]
  if (faultOf(q)) return <Fault error={q.error} retry={() => void q.refetch()} />
  if (!q.data) return <Wait rows={4} tall />
  const { reasons, more } = q.data
  const events = q.data.events.filter(e => (kinds ? kinds.includes(e.kind) : e.kind !== 'opened'))
  return (
    <section aria-label={t('web.timeline.title')}>
      <div className="time-sorts" role="group" aria-label={t('web.timeline.filter')}>
        {(Object.keys(SORTS) as Sort[]).map(s => <button key={s} type="button" aria-pressed={s === sort} onClick={() => setSort(s)}>{t(`web.timeline.${s}`)}</button>)}
      </div>
      {events.length === 0 && <p className="t3 f13 pad">{t('web.timeline.none')}</p>}
      <ol className="time">{events.map(e => <Line key={`${e.kind}${e.id}`} e={e} reasons={reasons} />)}</ol>
      {more && <p className="t3 f13 pad">{t('web.timeline.more')}</p>}
    </section>
  )
}

const plainNote: Field = { name: 'note', label: '', kind: 'text', class: 'service', required: false, filter: false, sort: false, computed: false, list: false, own: 'clear', other: 'masked' }

function Line({ e, reasons }: { e: Event; reasons: Reason[] }) {
  const needs = useObject('deals').fields.find(f => f.name === 'need'), said = useObject('visits').fields.find(f => f.name === 'note')
  const note = (e.kind === 'deal' ? needs : said) ?? plainNote
  const seen = readCell(e.note, reasons, note)
  return (
    <li>
      <span className="time-icon">{e.kind === 'visit' && e.way ? wayIcon(e.way) : icons[e.kind]}</span>
      <div className="time-text">
        <div className="row time-head"><span className="grow b5">{e.text}{e.n !== undefined && e.n > 1 && <span className="t3"> × {e.n}</span>}</span><time className="f12 t3 nw" dateTime={new Date(e.at).toISOString()}>{e.kind === 'order' ? sayDay(dayOf(e.at)) : sayMoment(e.at)}</time></div>
        {seen.level !== 'clear' ? <MaskedValue seen={seen} field={note} /> : !isEmpty(seen.value) && <p className="t2 time-note"><Value field={note} value={seen.value} /></p>}
        <div className="f12 t3">{e.by}{e.next ? <span className="time-next">{t(e.kind === 'task' ? 'web.timeline.due' : 'web.timeline.next', { at: sayMoment(e.next) })}</span> : null}</div>
      </div>
    </li>
  )
}
