import { FileProtectOutlined, MoreOutlined, ShareAltOutlined, SwapOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button } from '../parts/Button'
import { useState } from 'react'
import * as calls from '../api/calls'
import { useCan, useMemberName, usePerson } from '../api/person'
import { afterWrite } from '../api/queries'
import type { MayContact, ObjectDef, Rec } from '../api/types'
import { isEmpty } from '../cell/read'
import { CallButton, useContact } from '../follow/CallButton'
import { wayIcon } from '../follow/ways'
import { saidOf } from '../parts/Fault'
import { Pop } from '../parts/Pop'
import { save } from '../parts/save'
import { Avatar, Chip } from '../parts/Section'
import { Sheet } from '../parts/Sheet'
import { failed, said } from '../parts/toast'
import { RecommendSheet } from '../share/RecommendSheet'
import { named, t } from '../words'
import { sayMoment } from '../words/time'
import { factOf, nameOf } from './facts'
import { FactView } from './FactView'

/** CustomerHeader is who it is, how far things are, whose customer, and the acts. */
export function CustomerHeader({ rec, object, wide }: { rec: Rec; object: ObjectDef; wide?: boolean }) {
  const member = useMemberName()
  const show = (name: string) => {
    const f = factOf(rec, object, name)
    return f && (f.seen.level !== 'clear' || !isEmpty(f.seen.value)) ? <FactView fact={f} plural="customers" id={rec.id} names={rec.names} quiet /> : null
  }
  const owner = factOf(rec, object, 'owner')?.seen.value
  const stage = show('stage')
  return (
    <div className={wide ? 'who wide' : 'who'}>
      <Avatar name={nameOf(rec)} size={44} />
      <div className="who-text">
        <div className="row wrap"><h2 className="who-name" tabIndex={-1}>{show('name') ?? t('web.record.no_name')}</h2>{stage && <Chip tone="sel">{stage}</Chip>}{show('tags')}</div>
        <div className="row f13 t2 wrap gap16">
          {typeof owner === 'string' && <span>{t('web.record.owner')} <b className="b5">{member(owner)}</b></span>}
          <span className="t3">{t('web.record.updated', { at: sayMoment(rec.updated) })}</span>
        </div>
      </div>
      <Acts rec={rec} />
    </div>
  )
}

function Acts({ rec }: { rec: Rec }) {
  const [recommending, setRecommending] = useState(false)
  const call = rec.contact.find(c => c.channel === 'call')
  const whom = { customer: rec.id, name: nameOf(rec) }
  const need = rec.fields.find(f => f.name === 'need')?.value
  const wants = Array.isArray(need) ? need.filter(x => typeof x === 'string') : []
  return (
    <div className="who-acts">
      {call && rec.can.includes('contact') && <CallButton whom={whom} call={call} type="primary" />}
      {rec.can.includes('contact') && <Button icon={<ShareAltOutlined aria-hidden />} onClick={() => setRecommending(true)}>{t('web.share.recommend')}</Button>}
      <RecommendSheet customer={rec.id} name={nameOf(rec)} wants={wants} open={recommending} onClose={() => setRecommending(false)} />
      <More rec={rec} channels={rec.contact.filter(c => c.channel !== 'call')} />
    </div>
  )
}

function More({ rec, channels }: { rec: Rec; channels: MayContact[] }) {
  const [moving, setMoving] = useState(false)
  const open = useContact()
  const evidence = useMutation({ mutationFn: () => calls.evidence(rec.id), onSuccess: file => { save(file, `kexin-evidence-${rec.id}.json`); said(t('web.evidence.saved')) }, onError: failed })
  const canLedger = useCan('ledger')
  return (
    <>
      <Pop label={t('web.act.more')} place="bottomRight" button={o => <Button icon={<MoreOutlined aria-hidden />} aria-label={t('web.act.more')} {...o} />}>
        {close => (
          <div className="menu">
            {rec.can.includes('contact') && channels.map(c => (
              <button key={c.channel} type="button" disabled={!c.ok} title={c.ok ? undefined : c.reason.text} onClick={() => { close(); open.mutate({ whom: { customer: rec.id, name: nameOf(rec) }, channel: c.channel }) }}>{wayIcon(c.channel)}{t('web.contact.by', { way: named('channel', c.channel) })}</button>
            ))}
            {canLedger && <button type="button" disabled={evidence.isPending} onClick={() => { close(); evidence.mutate() }}><FileProtectOutlined aria-hidden />{t('web.evidence.make')}</button>}
            {rec.can.includes('move') && <button type="button" onClick={() => { close(); setMoving(true) }}><SwapOutlined aria-hidden />{t('web.move.title')}</button>}
            {channels.length === 0 && !canLedger && !rec.can.includes('move') && <span className="t3">{t('web.act.nothing')}</span>}
          </div>
        )}
      </Pop>
      <Sheet open={moving} onClose={() => setMoving(false)} title={t('web.move.title')} width={400}><Move rec={rec} done={() => setMoving(false)} /></Sheet>
    </>
  )
}

function Move({ rec, done }: { rec: Rec; done: () => void }) {
  const { me, schema } = usePerson()
  const now = rec.fields.find(f => f.name === 'owner')?.value
  const [to, setTo] = useState('')
  const move = useMutation({ mutationFn: () => calls.move(rec.id, to), onSuccess: () => {
    said(t('web.move.done'), typeof now === 'string' ? { label: t('web.act.undo'), act: () => { calls.move(rec.id, now).then(() => afterWrite('customers', rec.id), failed) } } : undefined)
    afterWrite('customers', rec.id)
    done()
  } })
  const may = schema.members.filter(m => m.active && m.id !== now && ['owner', 'leader', 'rep', 'service'].includes(m.position))
  return (
    <form className="form" onSubmit={e => { e.preventDefault(); if (to) move.mutate() }}>
      <p className="t2 f13">{t('web.move.note')}</p>
      <div className="field">
        <label className="label" htmlFor="move-to">{t('web.move.to')}</label>
        <select id="move-to" className="kx-input" value={to} onChange={e => setTo(e.target.value)}>
          <option value="">{t('web.form.choose')}</option>
          {may.map(m => <option key={m.id} value={m.id}>{m.id === me.id ? t('web.person.me', { name: m.name }) : m.name}</option>)}
        </select>
      </div>
      {move.isError && <p className="form-err" role="alert">{saidOf(move.error)}</p>}
      <div className="form-foot"><Button type="primary" htmlType="submit" disabled={!to} loading={move.isPending}>{t('web.move.go')}</Button><Button onClick={done}>{t('web.act.cancel')}</Button></div>
    </form>
  )
}
