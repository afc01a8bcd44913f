import { MoreOutlined, UserAddOutlined } from '@ant-design/icons'
import { Button } from '../parts/Button'
import { useState } from 'react'
import * as calls from '../api/calls'
import { isShop, useMe } from '../api/person'
import type { Member, People } from '../api/types'
import { Chip, Avatar, Head } from '../parts/Section'
import { Sheet } from '../parts/Sheet'
import { t } from '../words'
import { positionWord } from '../words/position'
import { plainDay, sayAgo, sayMoment } from '../words/time'
import { Read, useAct } from './ask'
import { Depts } from './Depts'
import { InviteForm } from './InviteForm'
import { MemberForm } from './MemberForm'

/** PeoplePlace is who works here, with which position; invitations; in a company the departments. */
export function PeoplePlace() {
  return <Read of="people" read={calls.people}>{people => <Body people={people} />}</Read>
}

function Body({ people }: { people: People }) {
  const [inviting, setInviting] = useState(false)
  const [changing, setChanging] = useState<Member>()
  const shop = isShop(useMe())
  const active = people.members.filter(m => m.active), gone = people.members.filter(m => !m.active)
  return (
    <>
      <div className="place-acts"><p className="t2 f13 grow">{t(shop ? 'web.people.note_shop' : 'web.people.note')}</p><Button type="primary" icon={<UserAddOutlined />} onClick={() => setInviting(true)}>{t('web.people.invite')}</Button></div>
      <section><Head title={t('web.people.active')} count={active.length} /><List members={active} people={people} change={setChanging} /></section>
      {people.invites.length > 0 && <Invites people={people} />}
      {gone.length > 0 && <section><Head title={t('web.people.gone')} count={gone.length} /><List members={gone} people={people} change={setChanging} /></section>}
      {!shop && <Depts people={people} />}
      <Sheet open={inviting} onClose={() => setInviting(false)} title={t('web.people.invite')}><InviteForm people={people} /></Sheet>
      <Sheet open={changing !== undefined} onClose={() => setChanging(undefined)} title={changing?.name}>{changing && <MemberForm member={changing} people={people} done={() => setChanging(undefined)} />}</Sheet>
    </>
  )
}

function List({ members, people, change }: { members: Member[]; people: People; change: (m: Member) => void }) {
  const me = useMe()
  const { size } = me.org
  return (
    <ul className="people">
      {members.map(m => (
        <li key={m.id} className="member">
          <Avatar name={m.name} size={32} />
          <div className="grow"><div className="b5 row wrap">{m.name}{m.id === me.id && <span className="t3 f12">{t('web.people.you')}</span>}{m.leaving && <Chip tone="wa">{t('web.people.leaving', { day: plainDay(m.leaving) })}</Chip>}</div>
            <div className="f12 t3 el">{[m.login, m.active ? (m.totp ? t('web.people.totp') : t('web.people.no_totp')) : t('web.people.disabled')].filter(Boolean).join(' · ')}</div></div>
          <span className="people-role">{positionWord(m.position, size)}<span className="t3 f12">{people.depts.find(d => d.id === m.dept)?.name}</span></span>
          <span className="f12 t3 nw people-seen">{m.lastSeen ? t('web.people.seen', { ago: sayAgo(m.lastSeen) }) : ''}</span>
          <button type="button" className="icon-btn" aria-label={t(m.active ? 'web.people.change' : 'web.looks.of', { name: m.name })} onClick={() => change(m)}><MoreOutlined aria-hidden /></button>
        </li>
      ))}
    </ul>
  )
}

function Invites({ people }: { people: People }) {
  const { size } = useMe().org
  const revoke = useAct('people', calls.uninvite, t('web.people.uninvited'))
  return (
    <section>
      <Head title={t('web.people.open_invites')} count={people.invites.length} />
      <ul className="people">
        {people.invites.map(i => <li key={i.id}><div className="grow"><span className="b5">{i.name}</span> <span className="t3 f12">{t('web.people.until', { at: sayMoment(i.expires) })}</span></div><span className="people-role">{positionWord(i.position, size)}</span><Button size="small" loading={revoke.isPending && revoke.variables === i.id} onClick={() => revoke.mutate(i.id)}>{t('web.people.uninvite')}</Button></li>)}
      </ul>
    </section>
  )
}
