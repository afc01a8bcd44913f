import { EyeInvisibleOutlined, LockOutlined, UnlockOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { afterMe, queries } from '../api/queries'
import * as calls from '../api/calls'
import { useCan, useMe } from '../api/person'
import type { Field, ID, Reason, RevealReason } from '../api/types'
import { left, useNow } from '../parts/clock'
import { Picks } from '../parts/Choose'
import { saidOf } from '../parts/Fault'
import { Pop } from '../parts/Pop'
import { Chip } from '../parts/Section'
import { t } from '../words'
import { inside } from '../words/join'
import { sayPhone } from '../words/phone'
import { isEmpty, type Seen } from './read'
import { hide, keepShown, revealKey, useShown } from './reveals'
import { Value } from './Value'

const REASONS: RevealReason[] = ['booked', 'aftersales', 'caller', 'delivery', 'check']

/** At is the record and field a masked value belongs to, where a full value may be asked for. */
export interface At { plural: 'customers' | 'contacts'; id: ID }

/** MaskedValue shows what may be seen of a value, why not more, and the way to ask. */
export function MaskedValue({ seen, field, at, names }: { seen: Seen; field: Field; at?: At; names?: Record<string, string> }) {
  const key = at ? revealKey(at.plural, at.id, field.name) : ''
  const shown = useShown(key)
  if (shown) return <ShownValue k={key} value={shown.value} until={shown.until} />
  return (
    <span className="mask">
      <MaskedText seen={seen} field={field} names={names} />
      {seen.reason && <Why reason={seen.reason} field={field} at={at} />}
    </span>
  )
}

/** MaskedText is what may be seen of a value; where not even that, it says so without dots. */
export function MaskedText({ seen, field, names }: { seen: Seen; field: Field; names?: Record<string, string> }) {
  if (seen.level === 'none') return <Chip>{t('web.cell.none')}</Chip>
  if (seen.level === 'exists') return <span>{t('web.cell.exists')}</span>
  return isEmpty(seen.value) ? <span>{t('web.cell.hidden')}</span> : <Value field={field} value={seen.value} names={names} />
}

/** Why is the lock: it opens the reason, the rule, and, where it may be asked for, the way to the full value. */
export function Why({ reason, field, at }: { reason: Reason; field: Field; at?: At }) {
  const label = t('web.mask.why', { field: inside(field.label) })
  return (
    <Pop label={label} button={o => <button type="button" className="lock" aria-label={label} title={label} {...o} onClick={e => { e.preventDefault(); e.stopPropagation(); o.onClick() }}><LockOutlined aria-hidden /></button>}>
      {close => <WhyBody reason={reason} field={field} at={at} close={close} />}
    </Pop>
  )
}

function WhyBody({ reason, field, at, close }: { reason: Reason; field: Field; at?: At; close: () => void }) {
  const may = useCan('reveal') && reason.canAsk && at !== undefined
  return (
    <div className="why">
      <b>{t('web.mask.title')}</b>
      <p>{reason.text}</p>
      <p className="f12 t3">{t('web.mask.rule')} <span className="mono">{reason.rule}</span></p>
      {may && <Ask field={field} at={at} done={close} />}
    </div>
  )
}

/** Ask reveals one value for a reason that is tapped, not typed. */
export function Ask({ field, at, done }: { field: Field; at: At; done: () => void }) {
  const budget = useMe().budget.reveal
  const ask = useMutation({
    mutationFn: (reason: RevealReason) => calls.reveal(at.plural, at.id, field.name, reason),
    onSuccess: r => {
      keepShown(revealKey(at.plural, at.id, field.name), r)
      afterMe()
      void queries.invalidateQueries({ queryKey: ['timeline', at.id] })
      done()
    },
  })
  return (
    <div className="why-ask">
      <Picks legend={t('web.mask.ask', { field: inside(field.label) })} busy={ask.isPending ? ask.variables : undefined} onPick={ask.mutate} disabled={ask.isPending}
        options={REASONS.map(value => ({ value, label: t(`web.reveal.${value}`) }))} />
      {ask.isError ? <p className="no f12" role="alert">{saidOf(ask.error)}</p> : <p className="f12 t3">{t('web.mask.logged', { used: budget.used, limit: budget.limit })}</p>}
    </div>
  )
}

function ShownValue({ k, value, until }: { k: string; value: string; until: number }) {
  const seconds = Math.max(0, Math.ceil((until - useNow(1000)) / 1000))
  return (
    <span className="mask shown">
      <UnlockOutlined className="pc" aria-hidden /><span className="b5">{sayPhone(value)}</span>
      <span className="f12 t3 nw" role="timer">{t('web.mask.left', { time: left(seconds) })}</span>
      <button type="button" className="lock" aria-label={t('web.mask.hide')} title={t('web.mask.hide')} onClick={e => { e.preventDefault(); hide(k) }}><EyeInvisibleOutlined aria-hidden /></button>
    </span>
  )
}
