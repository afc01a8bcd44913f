import { Link } from '@tanstack/react-router'
import * as calls from '../api/calls'
import type { Reason, Sent, Sight } from '../api/types'
import { plain } from '../cell/read'
import { Nothing } from '../parts/Fault'
import { Chip, type Tone } from '../parts/Section'
import { Twice } from '../parts/Twice'
import { Read, useAct } from '../shop/ask'
import { t } from '../words'
import { sayDay, dayOf, sayMoment } from '../words/time'
import { useNeedWord } from './NeedWord'

const tones: Record<Sight, Tone> = { waiting: 'wa', declined: '', done: 'ok', accepted: 'inf', won: 'ok', lost: '', closed: '', blocked: 'no' }

/** SentPart is what was recommended, with no more than she allowed to tell. */
export function SentPart() {
  return (
    <Read of="sent" read={calls.sent}>
      {page => page.referrals.length === 0
        ? <Nothing title={t('web.share.sent_none')} action={<Link className="b6" to="/$plural" params={{ plural: 'customers' }}>{t('web.share.to_customers')}</Link>}>{t('web.share.sent_none_text')}</Nothing>
        : <ul className="arrivals">{page.referrals.map(r => <Row key={r.id} r={r} reasons={page.reasons} />)}</ul>}
    </Read>
  )
}

/** SentState is how a recommendation stands, and until when. */
export function SentState({ r }: { r: Sent }) {
  const until = r.sight === 'waiting' ? t('web.share.until', { at: sayMoment(r.ends) }) : r.sight === 'declined' && r.againAt ? t('web.share.again', { day: sayDay(dayOf(r.againAt)) }) : ''
  return <><Chip tone={tones[r.sight]}>{r.text}</Chip>{until && <span className="f13 t2"> {until}</span>}{r.link && <span className="f13 t2"> {t(`web.share.link_${r.link}`)}</span>}</>
}

function Row({ r, reasons }: { r: Sent; reasons: Reason[] }) {
  const word = useNeedWord()
  const cancel = useAct('sent', () => calls.cancelReferral(r.id), t('web.share.cancelled'))
  return (
    <li className="arrival">
      <div className="arrival-head">
        <Link className="b6" to="/$plural/$id" params={{ plural: 'customers', id: r.customer }}>{plain(r.name, reasons) || t('web.record.no_name')}</Link>
        <span className="t2">{t('web.share.sent_to', { shop: r.shop, need: word(r.need) })}</span>
        <span className="grow" />
        <span className="f13 t3">{sayMoment(r.made)}</span>
      </div>
      <div className="row wrap"><SentState r={r} /><span className="grow" />{r.cancel && <Twice size="small" label={t('web.share.take_back')} ask={t('web.share.take_back_ask')} busy={cancel.isPending} go={() => cancel.mutate(undefined)} />}</div>
    </li>
  )
}
