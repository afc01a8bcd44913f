import { Link } from '@tanstack/react-router'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { afterWrite, queries } from '../api/queries'
import * as share from '../api/share'
import type { Arrival } from '../api/share'
import type { Reason } from '../api/types'
import { plain } from '../cell/read'
import { Button } from '../parts/Button'
import { Nothing, saidOf } from '../parts/Fault'
import { Chip, type Tone } from '../parts/Section'
import { Line } from '../parts/Typing'
import { useNow } from '../parts/clock'
import { Read, useAct } from '../shop/ask'
import { named, t, tn } from '../words'
import { sayMoment } from '../words/time'
import { useNeedWord } from './NeedWord'

/** InboxPart is who came by a recommendation, with the clock of each. */
export default function InboxPart() {
  return (
    <Read of="inbox" read={share.inbox} every={() => 30_000}>
      {box => box.arrivals.length === 0
        ? <Nothing title={t('web.share.inbox_none')}>{t('web.share.inbox_none_text')}</Nothing>
        : <ul className="arrivals">{box.arrivals.map(a => <Row key={a.id} a={a} reasons={box.reasons} />)}</ul>}
    </Read>
  )
}

const tones: Record<string, Tone> = { SELF_SUBMITTED: 'wa', ACCEPTED: 'inf', CONTACTED: 'inf', WON: 'ok', REVOKING: 'no', REVOKED: 'no' }

function Row({ a, reasons }: { a: Arrival; reasons: Reason[] }) {
  const word = useNeedWord()
  const name = plain(a.name, reasons)
  return (
    <li className="arrival">
      <div className="arrival-head">
        {a.customer ? <Link className="b6" to="/$plural/$id" params={{ plural: 'customers', id: a.customer }}>{name || t('web.record.no_name')}</Link> : <b>{t('web.share.new_enquiry')}</b>}
        <Chip tone={tones[a.state] ?? ''}>{a.text}</Chip>
        <span className="grow" />
        <Clock a={a} />
      </div>
      <p className="f13 t2">{t(a.counter ? 'web.share.came_counter' : 'web.share.came', { shop: a.from, need: word(a.need), at: sayMoment(a.made) })} · {t('web.share.wants', { way: named('channel', a.channel) })}</p>
      {a.doubt && <p className="note-box wa">{t('web.share.doubt')}</p>}
      <Acts a={a} />
    </li>
  )
}

/** Clock is how long is left, in words; it is red when little is. */
function Clock({ a }: { a: Arrival }) {
  const now = useNow(30_000)
  if (!a.due || !['SELF_SUBMITTED', 'ACCEPTED', 'CONTACTED', 'REVOKING'].includes(a.state)) return null
  const left = a.due - now
  const hours = Math.floor(left / 3_600_000)
  return <span className={left < 8 * 3_600_000 ? 'f13 no' : 'f13 t3'}>{left <= 0 ? t('web.share.over') : hours < 1 ? tn('web.share.left_minutes', Math.max(1, Math.floor(left / 60_000))) : hours < 72 ? tn('web.share.left_hours', hours) : tn('web.share.left_days', Math.floor(hours / 24))}</span>
}

function Acts({ a }: { a: Arrival }) {
  const accept = useAct('inbox', () => share.accept(a.id), t('web.share.accepted'))
  const reject = useAct('inbox', () => share.reject(a.id), t('web.share.rejected'))
  const lose = useAct('inbox', () => share.lose(a.id), t('web.share.lost'))
  const win = useAct('inbox', () => share.win(a.id), t('web.share.won'))
  if (a.state === 'SELF_SUBMITTED') {
    return (
      <div className="row wrap">
        <Button type="primary" loading={accept.isPending} onClick={() => accept.mutate(undefined)}>{t('web.share.accept')}</Button>
        <Button loading={reject.isPending} onClick={() => reject.mutate(undefined)}>{t('web.share.reject')}</Button>
      </div>
    )
  }
  if (a.state !== 'ACCEPTED' && a.state !== 'CONTACTED') return null
  return (
    <>
      {!a.proved && a.said && <Word a={a} />}
      {a.proved && <p className="f13 okc">{t('web.share.proved')}</p>}
      <div className="row wrap">
        {a.customer && <Link className="btn primary middle" to="/$plural/$id" params={{ plural: 'customers', id: a.customer }}>{t('web.share.open')}</Link>}
        {a.state === 'CONTACTED' && <Button loading={win.isPending} onClick={() => win.mutate(undefined)}>{t('web.share.win')}</Button>}
        <Button loading={lose.isPending} onClick={() => lose.mutate(undefined)}>{t('web.share.lose')}</Button>
      </div>
    </>
  )
}

/** Word is the pair of words of the first call: the shop says one, she answers the other, which no screen of the shop shows. */
export function Word({ a }: { a: Arrival }) {
  const [word, setWord] = useState('')
  const answer = useMutation({
    mutationFn: () => share.answerWord(a.id, word.trim()),
    onSuccess: () => { setWord(''); void queries.invalidateQueries({ queryKey: ['inbox'] }); afterWrite('customers', a.customer) },
  })
  const wrong = answer.data && !answer.data.right
  return (
    <form className="pair" onSubmit={e => { e.preventDefault(); if (word.trim()) answer.mutate() }}>
      <p>{t('web.share.say')} <b className="pair-word">{a.said}</b></p>
      {a.tries > 0
        ? <label className="field"><span className="label">{t('web.share.second')}</span>
            <span className="row"><Line value={word} onChange={e => setWord(e.target.value)} maxLength={12} autoComplete="off" aria-invalid={wrong || undefined} /><Button htmlType="submit" loading={answer.isPending} disabled={!word.trim()}>{t('web.share.check')}</Button></span></label>
        : <p className="f13 no">{t('web.share.tries_over')}</p>}
      {wrong && <p className="f13 no" role="alert">{tn('web.share.wrong_word', answer.data?.left ?? 0)}</p>}
      {answer.isError && <p className="form-err" role="alert">{saidOf(answer.error)}</p>}
      <p className="f12 t3">{t('web.share.pair_note')}</p>
    </form>
  )
}
