import { Button } from '../parts/Button'
import { useState } from 'react'
import * as calls from '../api/calls'
import { isShop, useMe } from '../api/person'
import type { Member, MemberChange, MemberChanged, People, Position } from '../api/types'
import { ChooseOne } from '../parts/Choose'
import { t, tn } from '../words'
import { positionWord } from '../words/position'
import { todayDay } from '../words/time'
import { useAct } from './ask'
import { DeptPick, EndsPick, useOffered } from './InviteForm'
import { LooksList } from './Looks'
import { Forgot, LostFactor } from './Recover'

/** MemberForm changes a position, a department, a leaving date, or ends the work of a member of staff. */
export function MemberForm({ member, people, done }: { member: Member; people: People; done: () => void }) {
  const me = useMe()
  const shop = isShop(me)
  const offered = useOffered()
  const [position, setPosition] = useState<Position | ''>(member.position)
  const [dept, setDept] = useState(member.dept ?? '')
  const [leaving, setLeaving] = useState(member.leaving ?? '')
  const [ends, setEnds] = useState(member.ends ?? '')
  const [at, setAt] = useState<'' | 'end' | 'looks' | 'forgot' | 'lost'>('')
  const save = useAct('people', (c: MemberChange) => calls.changeMember(member.id, c), () => done())
  const self = member.id === me.id
  const back = () => setAt('')
  if (at === 'end') return <End member={member} people={people} back={back} />
  if (at === 'forgot') return <Forgot member={member} back={back} />
  if (at === 'lost') return <LostFactor member={member} back={back} done={done} />
  if (at === 'looks' || !member.active) return <LooksList member={member.id} />
  const send = () => {
    const c: MemberChange = {}
    if (position && position !== member.position) c.position = position
    if (dept !== (member.dept ?? '')) c.dept = dept
    if (leaving !== (member.leaving ?? '')) c.leaving = leaving
    if (ends !== (member.ends ?? '')) c.ends = ends
    if (Object.keys(c).length === 0) done()
    else save.mutate(c)
  }
  const positions = offered.includes(member.position) ? offered : [member.position, ...offered]
  return (
    <form className="form" onSubmit={e => { e.preventDefault(); send() }}>
      <ChooseOne<Position> legend={t('web.people.position')} disabled={self} value={position} onChange={setPosition} options={positions.map(value => ({ value, label: positionWord(value, me.org.size) }))} />
      {!shop && <DeptPick people={people} value={dept} onChange={setDept} />}
      {member.position === 'auditor' && <EndsPick value={ends} onChange={setEnds} />}
      <div className="field"><label className="label" htmlFor="leaving">{t('web.people.leaving_date')}<span className="opt">{t('web.form.optional')}</span></label><input id="leaving" type="date" className="kx-input" min={todayDay()} value={leaving} onChange={e => setLeaving(e.target.value)} aria-describedby="leaving-note" /><span id="leaving-note" className="note">{t('web.people.leaving_note')}</span></div>
      <button type="button" className="linky looks-open" onClick={() => setAt('looks')}>{t('web.looks.open')}</button>
      {!self && <button type="button" className="linky looks-open" onClick={() => setAt('forgot')}>{t('web.recover.forgot')}</button>}
      {!self && member.totp && <button type="button" className="linky looks-open" onClick={() => setAt('lost')}>{t('web.recover.lost')}</button>}
      <div className="form-foot"><Button type="primary" htmlType="submit" loading={save.isPending}>{t('web.act.save')}</Button><span className="grow" />{!self && <Button danger onClick={() => setAt('end')}>{t('web.people.end')}</Button>}</div>
    </form>
  )
}

/** TAKERS are the positions that may look after customers. */
const TAKERS: Position[] = ['owner', 'leader', 'rep', 'service']

/** End closes an account at once; somebody takes over the customers, the owner where nobody else is chosen. */
function End({ member, people, back }: { member: Member; people: People; back: () => void }) {
  const me = useMe()
  const others = people.members.filter(m => m.active && m.id !== member.id && TAKERS.includes(m.position))
  const [to, setTo] = useState(others.some(m => m.id === me.id) ? me.id : '')
  const end = useAct('people', () => calls.endMember(member.id, to))
  if (end.data) return <Ended member={end.data} taker={others.find(m => m.id === to)?.name ?? ''} />
  return (
    <form className="form" onSubmit={e => { e.preventDefault(); if (to) end.mutate(undefined) }}>
      <p>{t('web.people.end_text', { name: member.name })}</p>
      <label className="field"><span className="label">{t('web.people.takeover')}</span><select className="kx-input" value={to} onChange={e => setTo(e.target.value)}><option value="">{t('web.form.choose')}</option>{others.map(m => <option key={m.id} value={m.id}>{m.name}</option>)}</select></label>
      <div className="form-foot"><Button onClick={back}>{t('web.act.cancel')}</Button><Button danger htmlType="submit" loading={end.isPending} disabled={!to}>{t('web.people.end_go', { name: member.name })}</Button></div>
    </form>
  )
}

/** Ended says what became of it, and what the leaver looked at. */
function Ended({ member, taker }: { member: MemberChanged; taker: string }) {
  return (
    <div className="form" role="status">
      <p className="note-box ok">{t('web.people.ended', { name: member.name })} {member.moved ? tn('web.people.ended_moved', member.moved, { to: taker }) : t('web.people.ended_none')}</p>
      <h3 className="label">{t('web.looks.title')}</h3>
      <LooksList member={member.id} />
    </div>
  )
}
