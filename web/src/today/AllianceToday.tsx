import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import * as calls from '../api/calls'
import { faultOf } from '../api/queries'
import type { AllianceMember } from '../api/types'
import { Fault, Nothing } from '../parts/Fault'
import { Wait } from '../parts/Wait'
import { Head } from '../parts/Section'
import { MemberState } from '../share/MemberState'
import { useNeedWord } from '../share/NeedWord'
import { t, tn } from '../words'
import { comma } from '../words/join'
import { sayMoment } from '../words/time'

/** AllianceToday is the day of an office 秘书处: which members wait for it, and how many there are. No customer is in it. */
export function AllianceToday() {
  const q = useQuery({ queryKey: ['alliance'], queryFn: calls.alliance })
  if (faultOf(q)) return <Fault error={q.error} retry={() => void q.refetch()} />
  if (!q.data) return <Wait rows={4} />
  const go = (label: string) => <Link className="btn primary" to="/share/$part" params={{ part: 'alliance' }}>{label}</Link>
  if (!q.data.in) return <Nothing title={t('web.office.none')} action={go(t('web.office.begin'))}>{t('web.office.none_text')}</Nothing>
  const others = q.data.members.filter(m => !m.self)
  const waiting = others.filter(m => m.state === 'joined')
  return (
    <section aria-labelledby="members" className="today-part">
      <Head id="members" title={q.data.name} count={others.length} />
      <div className="office">{q.data.founds && waiting.length > 0
        ? <ul className="plain-list office-waiting">{waiting.map(m => <li key={m.card.id} className="row wrap"><b>{m.card.shown}</b><MemberState state={m.state} /><span className="t3 f12">{sayMoment(m.joined)}</span></li>)}</ul>
        : <p className="t2">{others.length === 0 ? t('web.office.alone') : tn('web.office.verified', others.filter(m => m.state === 'verified').length)}</p>}
        <div className="row">{go(t(q.data.founds && waiting.length > 0 ? 'web.office.look' : 'web.office.members'))}</div>
      </div>
      <Rest members={others.filter(m => !waiting.includes(m))} />
    </section>
  )
}

/** Rest are the members that wait for nothing; who is suspended comes first. */
function Rest({ members }: { members: AllianceMember[] }) {
  const word = useNeedWord()
  const suspended = (m: AllianceMember) => Number(m.state === 'suspended')
  if (members.length === 0) return null
  return (
    <ul className="side-list-rows office-rest">{[...members].sort((a, b) => suspended(b) - suspended(a)).map(m => (
      <li key={m.card.id}><span className="b5">{m.card.shown}</span><span className="t3 grow el">{m.card.needs.map(word).join(comma())}</span><MemberState state={m.state} /></li>
    ))}</ul>
  )
}
