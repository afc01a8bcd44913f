import { AlertOutlined, ClockCircleOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMe } from '../api/person'
import * as calls from '../api/calls'
import type { Arrival, Reason } from '../api/types'
import { plain } from '../cell/read'
import { Button } from '../parts/Button'
import { Nothing } from '../parts/Fault'
import { Chip, type Tone } from '../parts/Section'
import { Twice } from '../parts/Twice'
import { TimeLeft, useWaited } from '../parts/TimeLeft'
import { Read, useAct } from '../shop/ask'
import { named, t, type Key } from '../words'
import { andList } from '../words/join'
import { sayMoment } from '../words/time'
import { useNeedWord } from './NeedWord'
import { Back, Proved, Word } from './Word'

/** InboxPart is who came by a recommendation, with the clock of each. */
export function InboxPart() {
  return (
    <Read of="inbox" read={calls.inbox} every={() => 30_000}>
      {box => box.arrivals.length === 0
        ? <Empty />
        : <ul className="arrivals">{box.arrivals.map(a => <Row key={a.id} a={a} reasons={box.reasons} />)}</ul>}
    </Read>
  )
}

/** Empty says how customers get here: whose shop is in no alliance yet is led to it. */
function Empty() {
  const admin = useMe().can.includes('admin')
  const a = useQuery({ queryKey: ['alliance'], queryFn: calls.alliance }).data
  const none = a && !a.in && admin
  return <Nothing title={t('web.share.inbox_none')} action={none && <Link className="b6" to="/share/$part" params={{ part: 'alliance' }}>{t('web.share.to_alliance')}</Link>}>{t(none ? 'web.share.inbox_none_alliance' : 'web.share.inbox_none_text')}</Nothing>
}

const tones: Record<string, Tone> = { SELF_SUBMITTED: 'wa', ACCEPTED: 'inf', CONTACTED: 'inf', WON: 'ok', REVOKING: 'no', REVOKED: 'no' }

/** LIVE are the states in which there is something left to do with her. */
const LIVE = ['SELF_SUBMITTED', 'ACCEPTED', 'CONTACTED']

/** nexts are what the end of a state's time brings. */
const nexts: Partial<Record<string, Key>> = { SELF_SUBMITTED: 'web.share.next_sent', ACCEPTED: 'web.share.next_accepted', CONTACTED: 'web.share.next_contacted', LOST: 'web.share.next_lost' }

/** titleOf is what stands for her where nobody may see her name: not yet, or no longer. */
const titleOf = (state: string) => (state === 'SELF_SUBMITTED' ? 'web.share.new_enquiry' : state.startsWith('REVOK') ? 'web.share.stopped_enquiry' : 'web.share.past_enquiry')

function Row({ a, reasons }: { a: Arrival; reasons: Reason[] }) {
  const name = plain(a.name, reasons), next = nexts[a.state]
  return (
    <li className="arrival">
      <div className="arrival-head">
        {a.customer ? <Link className="b6" to="/$plural/$id" params={{ plural: 'customers', id: a.customer }}>{name || t('web.record.no_name')}</Link> : <b>{t(titleOf(a.state))}</b>}
        <Chip tone={tones[a.state] ?? ''}>{a.text}</Chip>
        {a.state === 'SELF_SUBMITTED' && <Waited since={a.made} />}
        <span className="grow" />
        <Left a={a} />
      </div>
      <Came a={a} />
      {next && a.due > 0 && <p className="f13 t2">{t(next, { at: sayMoment(a.due) })}</p>}
      {a.doubt && LIVE.includes(a.state) && <p className="note-box wa">{t('web.share.doubt')}</p>}
      <Acts a={a} />
    </li>
  )
}

/** Waited marks who waits for long. */
function Waited({ since }: { since: number }) {
  const w = useWaited(since)
  return w && <Chip tone={w.late ? 'no' : 'wa'} icon={w.late ? <AlertOutlined aria-hidden /> : <ClockCircleOutlined aria-hidden />}>{t(w.late ? 'web.share.waited_late' : 'web.share.waited', { time: w.time })}</Chip>
}

/** grades are the words for evidence grades. */
const grades: Record<string, string> = { E0: 'paper', E1: 'tablet', E2: 'handed', 'E2+': 'link', E3: 'code', E4: 'code_twice', E5: 'passkey' }

/** Came says who recommended her, what for, how she wants to be answered, what she ticked besides, and how strong the proof of it is. */
export function Came({ a }: { a: Arrival }) {
  const word = useNeedWord()
  return (
    <>
      <p className="f13 t2">{t(a.counter ? a.need ? 'web.share.came_counter' : 'web.share.came_counter_any' : 'web.share.came', { shop: a.from, need: word(a.need), at: sayMoment(a.made) })} · {t('web.share.wants', { way: named('channel', a.channel) })}</p>
      {a.given.length > 0 && <p className="f13 t2">{t('web.share.ticked', { what: andList(a.given.map(w => named('purpose', w))) })}</p>}
      {a.waits.length > 0 && <p className="f13 t2">{t('web.share.ticked_open', { what: andList(a.waits.map(w => named('purpose', w))) })}</p>}
      {a.grade && <p className="f13 t3" title={a.grade}>{t('web.share.grade', { what: named('grade', a.counter && a.grade === 'E2' ? 'counter' : grades[a.grade] ?? a.grade) })}</p>}
    </>
  )
}

const HOUR = 3_600_000

/** WITHIN is how long each state may last. */
const WITHIN: Partial<Record<string, number>> = { SELF_SUBMITTED: 72 * HOUR, ACCEPTED: 7 * 24 * HOUR }

/** Left is how long is left for what is to be done with her. */
function Left({ a }: { a: Arrival }) {
  if (a.due && a.state === 'REVOKING') return <span className="f13 t3">{t('web.share.done_by', { at: sayMoment(a.due) })}</span>
  if (!a.due || !LIVE.includes(a.state)) return null
  return <TimeLeft due={a.due} whole={WITHIN[a.state] ?? a.due - a.made} />
}

function Acts({ a }: { a: Arrival }) {
  const accept = useAct('inbox', () => calls.acceptArrival(a.id), t('web.share.accepted'))
  const reject = useAct('inbox', () => calls.rejectArrival(a.id), t('web.share.rejected'))
  const lose = useAct('inbox', () => calls.loseArrival(a.id), t('web.share.lost'))
  const win = useAct('inbox', () => calls.winArrival(a.id), t('web.share.won'))
  if (a.state === 'SELF_SUBMITTED') {
    return (
      <div className="row wrap">
        <Button type="primary" loading={accept.isPending} onClick={() => accept.mutate(undefined)}>{t('web.share.accept')}</Button>
        <Twice label={t('web.share.reject')} ask={t('web.share.reject_ask')} busy={reject.isPending} go={() => reject.mutate(undefined)} />
      </div>
    )
  }
  if (a.state !== 'ACCEPTED' && a.state !== 'CONTACTED') return null
  return (
    <>
      {a.back ? <Back a={a} /> : !a.proved && a.said && <Word a={a} />}
      {a.proved && <Proved a={a} />}
      <div className="row wrap">
        {a.customer && <Link className="btn primary middle" to="/$plural/$id" params={{ plural: 'customers', id: a.customer }}>{t('web.share.open')}</Link>}
        {a.state === 'CONTACTED' && <Button loading={win.isPending} onClick={() => win.mutate(undefined)}>{t('web.share.win')}</Button>}
        <Twice label={t('web.share.lose')} ask={t('web.share.lose_ask')} busy={lose.isPending} go={() => lose.mutate(undefined)} />
      </div>
    </>
  )
}
