import { CheckOutlined, ClockCircleOutlined, CloseOutlined, HourglassOutlined, StopOutlined } from '@ant-design/icons'
import type { ReactNode } from 'react'
import { useMe } from '../api/person'
import { faultOf, useConsents } from '../api/queries'
import type { Channel, ConsentRow, ID } from '../api/types'
import { Fault } from '../parts/Fault'
import { Head } from '../parts/Section'
import { Wait } from '../parts/Wait'
import { has, named, t, tn } from '../words'
import { comma } from '../words/join'
import { positionWord } from '../words/position'
import { dayOf, plainDay, sayAgo } from '../words/time'

const CHANNELS: Channel[] = ['call', 'sms', 'wechat', 'email']

const marks: Record<string, [ReactNode, string]> = {
  given: [<CheckOutlined aria-hidden />, 'okc'], contract: [<CheckOutlined aria-hidden />, 't2'], request: [<CheckOutlined aria-hidden />, 't2'], asked: [<ClockCircleOutlined aria-hidden />, 't3'], refused: [<CloseOutlined aria-hidden />, 't3'],
  withdrawn: [<StopOutlined aria-hidden />, 'no'], expired: [<HourglassOutlined aria-hidden />, 'wa'], suspended: [<StopOutlined aria-hidden />, 'wa'],
}

const stateWord = (state: string): string => {
  const key = `web.consent.state_${state}`
  return has(key) ? t(key) : state
}

function Mark({ row }: { row: ConsentRow | undefined }) {
  const m = row && marks[row.state]
  const word = stateWord(row?.state ?? 'none')
  if (!m) return <span className="t3" title={word}><span aria-hidden>—</span><span className="sr">{word}</span></span>
  return <span className={m[1]} title={row.until ? t('web.consent.until', { state: word, day: dayOf(row.until) }) : word}>{m[0]}<span className="sr">{word}</span></span>
}

/** ConsentPanel is what the customer agreed to, purposes by channels, and which positions looked. */
export function ConsentPanel({ id }: { id: ID }) {
  const { size } = useMe().org
  const q = useConsents(id)
  if (faultOf(q)) return <Fault error={q.error} retry={() => void q.refetch()} />
  if (!q.data) return <Wait rows={5} />
  const { rows, seen, notice } = q.data
  const purposes = [...new Set(rows.map(r => r.purpose))]
  return (
    <>
      <section className="facts">
        <Head title={t('web.consent.title')} />
        <table className="matrix">
          <caption className="sr">{t('web.consent.title')}</caption>
          <thead><tr><td />{CHANNELS.map(c => <th key={c} scope="col">{named('channel', c)}</th>)}</tr></thead>
          <tbody>{purposes.map(p => <PurposeRow key={p} rows={rows.filter(r => r.purpose === p)} />)}</tbody>
        </table>
        <p className="f12 t3 matrix-key">{t('web.consent.key')}</p>
        <p className="f12 t3 matrix-key">{notice ? t('web.consent.notice', { version: notice }) : t('web.consent.no_notice')}</p>
      </section>
      <section className="facts">
        <Head title={t('web.seen.title')} count={t('web.seen.days')} />
        {seen.length === 0 ? <p className="f13 t3 pad">{t('web.seen.none')}</p> : (
          <ul className="seen">
            {seen.map(s => <li key={s.position}><b className="b5">{positionWord(s.position, size)}</b><span className="t2">{sayLooks(s)}</span><span className="t3 f12">{sayAgo(s.last)}</span></li>)}
          </ul>
        )}
        <p className="f12 t3 matrix-key">{t('web.seen.note')}</p>
      </section>
    </>
  )
}

/** sayLooks counts a position's looks, each kind that there was. */
const sayLooks = (s: { opens: number; reveals: number }) =>
  [s.opens > 0 && tn('web.seen.opens', s.opens), s.reveals > 0 && tn('web.seen.reveals', s.reveals)].filter(Boolean).join(comma())

/** PurposeRow is one purpose; a row without channel holds for all of them. */
function PurposeRow({ rows }: { rows: ConsentRow[] }) {
  const first = rows[0]
  if (!first) return null
  const until = rows.map(r => r.until ?? 0).find(u => u > 0)
  const note = first.basis === 'contract' ? t('web.consent.contract') : first.basis === 'legal' ? t('web.consent.legal') : until ? t('web.consent.to', { day: plainDay(dayOf(until)) }) : first.basis === 'request' ? t('web.consent.request') : ''
  return (
    <tr>
      <th scope="row">{first.label} <span className="t3 f12 nw">{note}</span></th>
      {CHANNELS.map(c => <td key={c}><Mark row={rows.find(r => r.channel === c) ?? rows.find(r => !r.channel)} /></td>)}
    </tr>
  )
}
