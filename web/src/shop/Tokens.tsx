import { useMutation } from '@tanstack/react-query'
import { Button } from '../parts/Button'
import { useState } from 'react'
import * as calls from '../api/calls'
import { useMe } from '../api/person'
import { queries } from '../api/queries'
import { ChooseMany, ChooseOne } from '../parts/Choose'
import { Copy } from '../parts/Copy'
import { saidOf, Nothing } from '../parts/Fault'
import { Head } from '../parts/Section'
import { Sheet } from '../parts/Sheet'
import { Line } from '../parts/Typing'
import { has, named, t, tn } from '../words'
import { comma } from '../words/join'
import { plainDay, dayOf, sayAgo } from '../words/time'
import { Read, useAct } from './ask'

const DAYS = ['7', '30', '90', '365'] as const
type Days = (typeof DAYS)[number]

const actWord = (a: string) => { const k = `web.acts.${a}`; return has(k) ? t(k) : a }

/** TokensPlace are the keys for other programs: made once, shown once, gone with their maker. */
export function TokensPlace() {
  const [making, setMaking] = useState(false)
  const revoke = useAct('tokens', calls.revokeToken, t('web.tokens.revoked'))
  return (
    <>
      <div className="place-acts"><p className="t2 f13 grow">{t('web.tokens.note')}</p><Button onClick={() => setMaking(true)}>{t('web.tokens.make')}</Button></div>
      <Read of="tokens" read={calls.tokens}>
        {({ tokens }) => tokens.length === 0 ? <Nothing title={t('web.tokens.none')} /> : (
          <section><Head title={t('web.shop.tokens')} count={tokens.length} />
            <ul className="people">{tokens.map(k => (
              <li key={k.id}><div className="grow"><div className="b5">{k.name}</div><div className="f12 t3">{[named('purpose', k.purpose), k.acts.map(actWord).join(comma()), t('web.tokens.until', { day: plainDay(dayOf(k.expires)) }), k.used ? t('web.tokens.used', { ago: sayAgo(k.used) }) : t('web.tokens.unused')].join(' · ')}</div></div>
                <Button size="small" loading={revoke.isPending && revoke.variables === k.id} onClick={() => revoke.mutate(k.id)}>{t('web.tokens.revoke')}</Button></li>
            ))}</ul>
          </section>
        )}
      </Read>
      <Sheet open={making} onClose={() => setMaking(false)} title={t('web.tokens.make')}><Make /></Sheet>
    </>
  )
}

function Make() {
  const me = useMe()
  const [name, setName] = useState('')
  const [purpose, setPurpose] = useState(me.purpose || (me.purposes[0] ?? ''))
  const [acts, setActs] = useState<string[]>([])
  const [days, setDays] = useState<Days | ''>('30')
  const offered = me.can.filter(a => a !== 'keys' && a !== 'admin' && a !== 'export')
  const make = useMutation({ mutationFn: () => calls.makeToken({ name: name.trim(), purpose, acts, days: Number(days) }), onSuccess: () => void queries.invalidateQueries({ queryKey: ['tokens'] }) })
  if (make.data) {
    return <div className="once" role="status"><p className="t2 f13">{t('web.tokens.once')}</p><div className="secret mono">{make.data.secret}</div><Copy text={make.data.secret} /></div>
  }
  return (
    <form className="form" onSubmit={e => { e.preventDefault(); make.mutate() }}>
      <div className="field"><label className="label" htmlFor="token-name">{t('web.tokens.name')}</label><Line id="token-name" autoFocus maxLength={40} value={name} onChange={e => setName(e.target.value)} placeholder={t('web.tokens.name_hint')} autoComplete="off" /></div>
      {me.purposes.length > 1 && <label className="field"><span className="label">{t('web.tokens.purpose')}</span><select className="kx-input" value={purpose} onChange={e => setPurpose(e.target.value)}>{me.purposes.map(p => <option key={p} value={p}>{named('purpose', p)}</option>)}</select></label>}
      <ChooseMany legend={t('web.tokens.acts')} value={acts} onChange={setActs} options={offered.map(value => ({ value: value as string, label: actWord(value) }))} />
      <ChooseOne<Days> legend={t('web.tokens.days')} value={days} onChange={setDays} options={DAYS.map(value => ({ value, label: tn('web.tokens.n_days', Number(value)) }))} />
      {make.isError && <p className="form-err" role="alert">{saidOf(make.error)}</p>}
      <div className="form-foot"><Button type="primary" htmlType="submit" loading={make.isPending} disabled={!name.trim() || acts.length === 0 || !days}>{t('web.tokens.make')}</Button></div>
    </form>
  )
}
