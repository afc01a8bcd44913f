import { Button } from 'antd'
import { useState } from 'react'
import * as calls from '../api/calls'
import { isShop, useMe } from '../api/person'
import type { Member, MemberChange, People, Position } from '../api/types'
import { ChooseOne } from '../parts/Choose'
import { t } from '../words'
import { positionWord } from '../words/position'
import { todayDay } from '../words/time'
import { useAct } from './ask'
import { DeptPick, useOffered } from './InviteForm'

/** MemberForm changes a position, a department, a leaving date, or ends the work of a member of staff. */
export function MemberForm({ member, people, done }: { member: Member; people: People; done: () => void }) {
  const me = useMe()
  const shop = isShop(me)
  const offered = useOffered()
  const [position, setPosition] = useState<Position | ''>(member.position)
  const [dept, setDept] = useState(member.dept ?? '')
  const [leaving, setLeaving] = useState(member.leaving ?? '')
  const [ending, setEnding] = useState(false)
  const save = useAct('people', (c: MemberChange) => calls.changeMember(member.id, c), () => done())
  const self = member.id === me.id
  if (ending) return <End member={member} people={people} busy={save.isPending} go={moveTo => save.mutate({ active: false, moveTo })} back={() => setEnding(false)} />
  const send = () => {
    const c: MemberChange = {}
    if (position && position !== member.position) c.position = position
    if (dept !== (member.dept ?? '')) c.dept = dept
    if (leaving !== (member.leaving ?? '')) c.leaving = leaving
    if (Object.keys(c).length === 0) done()
    else save.mutate(c)
  }
  const positions = offered.includes(member.position) ? offered : [member.position, ...offered]
  return (
    <form className="form" onSubmit={e => { e.preventDefault(); send() }}>
      <ChooseOne<Position> legend={t('web.people.position')} disabled={self} value={position} onChange={setPosition} options={positions.map(value => ({ value, label: positionWord(value, shop) }))} />
      {!shop && <DeptPick people={people} value={dept} onChange={setDept} />}
      <div className="field"><label className="label" htmlFor="leaving">{t('web.people.leaving_date')}<span className="opt">{t('web.form.optional')}</span></label><input id="leaving" type="date" className="kx-input" min={todayDay()} value={leaving} onChange={e => setLeaving(e.target.value)} aria-describedby="leaving-note" /><span id="leaving-note" className="note">{t('web.people.leaving_note')}</span></div>
      <div className="form-foot"><Button type="primary" htmlType="submit" loading={save.isPending}>{t('web.act.save')}</Button><span className="grow" />{!self && <Button danger onClick={() => setEnding(true)}>{t('web.people.end')}</Button>}</div>
    </form>
  )
}

/** End closes an account at once; somebody takes over the customers. */
function End({ member, people, busy, go, back }: { member: Member; people: People; busy: boolean; go: (to: string) => void; back: () => void }) {
  const others = people.members.filter(m => m.active && m.id !== member.id)
  const [to, setTo] = useState('')
  return (
    <form className="form" onSubmit={e => { e.preventDefault(); if (to) go(to) }}>
      <p>{t('web.people.end_text', { name: member.name })}</p>
      <label className="field"><span className="label">{t('web.people.takeover')}</span><select className="kx-input" value={to} onChange={e => setTo(e.target.value)}><option value="">{t('web.form.choose')}</option>{others.map(m => <option key={m.id} value={m.id}>{m.name}</option>)}</select></label>
      <div className="form-foot"><Button onClick={back}>{t('web.act.cancel')}</Button><Button danger htmlType="submit" loading={busy} disabled={!to}>{t('web.people.end_go', { name: member.name })}</Button></div>
    </form>
  )
}
