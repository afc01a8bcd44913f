import { RightOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import type { Alert, Budget, Cond, ID, Me, TeamDue, Todo } from '../api/types'
import { Head, Meter } from '../parts/Section'
import { t, tn } from '../words'
import { momentOf, plusDays, sayAgo, sayMoment, todayDay } from '../words/time'
import { turn } from '../list/state'
import { useMe } from '../api/person'

const HOME = /^\/(?!\/)/
/** SERVERS are the pages that the server writes itself: the workbench's router does not know them. */
const SERVERS = /^\/(welcome|totp)(\/|$)/

/** Todos are the open points of the setup, most urgent first; each leads to where it is done. */
export function Todos({ todo }: { todo: Todo[] }) {
  return (
    <section className="side-box todos" aria-labelledby="todo">
      <h2 id="todo">{tn('web.todo.title', todo.length)}</h2>
      <ol>{todo.map(x => <li key={x.code}>{SERVERS.test(x.href) ? <a href={x.href}><span>{x.text}</span><RightOutlined aria-hidden /></a> : HOME.test(x.href) ? <Link to={x.href}><span>{x.text}</span><RightOutlined aria-hidden /></Link> : x.text}</li>)}</ol>
    </section>
  )
}

export function Alerts({ alerts }: { alerts: Alert[] }) {
  return (
    <section aria-labelledby="alerts" className="side-part">
      <Head id="alerts" title={t('web.shop.alerts')} count={alerts.length}><Link to="/shop/$section" params={{ section: 'alerts' }}>{t('web.act.all')}</Link></Head>
      <ul className="side-list-rows">{alerts.slice(0, 4).map(a => <li key={a.id}><Link className="wa grow" to="/shop/$section" params={{ section: 'alerts' }}>{a.text}</Link>{a.late ? <span className="f12 no nw">{t('web.alerts.late')}</span> : <span className="f12 t3 nw">{sayAgo(a.at)}</span>}</li>)}</ul>
    </section>
  )
}

/** seeDue makes the list of customers show whom a member of staff is to contact by today. */
function seeDue(me: Me, owner: ID) {
  const where = [{ field: 'owner', op: 'in', values: [owner] }, { field: 'next_at', op: 'gte', values: [1] }, { field: 'next_at', op: 'lte', values: [momentOf(plusDays(todayDay(), 1), '00:00') - 1] }] satisfies Cond[]
  turn('customers', { search: '', scene: me.scenes.at(-1), where, sort: 'next_at', desc: false })
}

/** Team is what is due by each member of staff; it stands in the middle for who has no customers himself. */
export function Team({ team, middle }: { team: TeamDue[]; middle?: boolean }) {
  const me = useMe()
  return (
    <section aria-labelledby="team" className={middle ? 'today-part' : 'side-part'}>
      <Head id="team" title={t('web.today.team')} />
      <ul className="side-list-rows team">{team.map(m => <li key={m.id}><Link className="grow el" to="/$plural" params={{ plural: 'customers' }} onClick={() => seeDue(me, m.id)}>{m.name}</Link>{m.overdue > 0 && <span className="no">{t('web.today.team_overdue', { n: m.overdue })}</span>}<span className="nw">{tn('web.today.team_due', m.due)}</span></li>)}</ul>
    </section>
  )
}

function Used({ label, budget }: { label: string; budget: Budget }) {
  const near = budget.limit > 0 && budget.used / budget.limit >= 0.8
  return (
    <li>
      <div className="row f13"><span className="t2 grow">{label}</span><span className={near ? 'wa' : undefined}><b className="b5">{budget.used}</b><span className={near ? undefined : 't3'}> / {budget.limit}</span></span></div>
      <Meter part={budget.used} whole={budget.limit} label={label} />
    </li>
  )
}

/** Budgets are today's counts: full numbers seen, questions asked, customers contacted. A shop sees them once there is something to count. */
export function Budgets({ me }: { me: Me }) {
  const { reveal, lookup, contact } = me.budget
  const rows = [
    me.can.includes('reveal') && <Used key="reveal" label={t('web.budget.reveal')} budget={reveal} />,
    me.can.includes('contact') && <Used key="contact" label={t('web.budget.contact')} budget={contact} />,
    me.can.includes('lookup') && <Used key="lookup" label={t('web.budget.lookup')} budget={lookup} />,
  ].filter(Boolean)
  if (rows.length === 0 || (me.org.size !== 'company' && reveal.used + contact.used + lookup.used === 0)) return null
  return <section className="side-part" aria-label={t('web.budget.title')}><Head title={t('web.budget.title')} /><ul className="budgets">{rows}</ul></section>
}

/** BackupAge says how old the newest backup is; late or failed is amber and leads on. */
export function BackupAge({ me }: { me: Me }) {
  const b = me.backup
  const fine = b.state === 'ok'
  return (
    <div className="side-part side-line f13">
      <span className="t2 grow">{t('web.backup.last')}</span>
      <span className={fine ? undefined : 'wa b5'} title={b.at ? sayMoment(b.at) : undefined}>{b.at ? sayAgo(b.at) : t('web.backup.none')}{!fine && b.at > 0 && ` ${t(`web.backup.state_${b.state}`)}`}</span>
    </div>
  )
}
