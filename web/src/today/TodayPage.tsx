import { AlertOutlined, BellOutlined, ClockCircleOutlined, InboxOutlined, PlusOutlined } from '@ant-design/icons'
import { Link, useNavigate } from '@tanstack/react-router'
import { Button } from '../parts/Button'
import { isMall, useCan, useMe } from '../api/person'
import { faultOf, useToday } from '../api/queries'
import type { DueItem, Me, Reason, Today } from '../api/types'
import { Fault, Nothing } from '../parts/Fault'
import { useWaited } from '../parts/TimeLeft'
import { Wait } from '../parts/Wait'
import { useNow } from '../parts/clock'
import { Head } from '../parts/Section'
import { useKeys } from '../parts/keyboard'
import { useNarrow } from '../parts/screen'
import { customers, placesOf, seesPeople } from '../shell/nav'
import { Page } from '../shell/Page'
import { t, tn } from '../words'
import { clockOf, sayToday } from '../words/time'
import { AllianceToday } from './AllianceToday'
import { Deals } from './Deals'
import { DueList } from './DueList'
import { DayLine } from './DayLine'
import { Alerts, BackupAge, Budgets, Team, Todos } from './Side'
import { Protect } from './Protect'
import { LookupBox } from './LookupBox'
import './today.css'

/** TodayPage is what is due, in time order, and whether it may be done. */
export default function TodayPage() {
  const me = useMe()
  const now = useNow(30_000)
  const narrow = useNarrow()
  const create = useCan('create')
  const go = useNavigate()
  const fresh = () => void go({ to: '/$plural/new', params: { plural: 'customers' } })
  const begin = (e: KeyboardEvent) => { if (create) { e.preventDefault(); fresh() } }
  useKeys({ n: begin, c: begin })
  const action = create && !isMall(me) && (narrow ? <Link to="/$plural/new" params={{ plural: 'customers' }} className="icon-btn" aria-label={t('web.new.customers')}><PlusOutlined aria-hidden /></Link> : <Button icon={<PlusOutlined />} onClick={fresh}>{t('web.new.customers')}</Button>)
  return (
    <Page title={t('web.nav.today')} sub={<span className="nw">{sayToday(now, narrow)}{!narrow && ` ${clockOf(now)}`}</span>} actions={action}>
      <div className="today">
        <div className="today-main">{seesPeople(me) ? <Work me={me} now={now} /> : <NoPeople me={me} />}</div>
        <div className="today-side"><Side me={me} /></div>
      </div>
    </Page>
  )
}

function Work({ me, now }: { me: Me; now: number }) {
  const q = useToday()
  if (faultOf(q)) return <Fault error={q.error} retry={() => void q.refetch()} />
  if (!q.data) return <Wait rows={6} tall />
  const day = q.data
  if (isMall(me) && !day.begun) return <AllianceToday />
  if (isNew(day, me)) return <><Arrivals /><Begin me={me} /></>
  const follows = me.can.includes('contact') || day.due.length > 0
  return (
    <>
      {isMall(me) && <AllianceToday />}
      {(follows || day.review > 0) && <DayLine day={day} follows={follows} />}
      {me.can.includes('contact') && <Arrivals />}
      {day.handed > 0 && <Link className="today-arrivals" to="/handed"><InboxOutlined aria-hidden /> {tn('web.today.handed', day.handed)}</Link>}
      {follows ? <Part id="due" title={t('web.today.due')} items={day.due} reasons={day.reasons} now={now} empty={<NothingDue day={day} />} /> : <NoFollow me={me} />}
      {protects(me) && <Protect me={me} day={day} />}
      {teamInMiddle(day) && <Team team={day.team} middle />}
      {day.soon.length > 0 && <Part id="soon" title={t('web.today.soon')} items={day.soon} reasons={day.reasons} now={0} />}
      {day.deals.length > 0 && <Deals deals={day.deals} />}
    </>
  )
}

/** teamInMiddle tells that somebody leads and has no customers himself: what the others have is his day. */
const teamInMiddle = (day: Today) => day.team.length > 0 && day.customers === 0

/** Arrivals says who asked to be contacted and is waited for, and how long the first of them has waited once that is long. */
function Arrivals() {
  const { arrivals: n, waiting } = useMe(), w = useWaited(waiting)
  if (n === 0) return null
  const key = n > 1 ? (w?.late ? 'web.share.waited_first_late' : 'web.share.waited_first') : w?.late ? 'web.share.waited_late' : 'web.share.waited'
  return (
    <Link className={w?.late ? 'today-arrivals no' : 'today-arrivals'} to="/share/$part" params={{ part: 'inbox' }}>
      {w?.late ? <AlertOutlined aria-hidden /> : w ? <ClockCircleOutlined aria-hidden /> : <BellOutlined aria-hidden />} <span>{tn('web.share.today', n)}{w && <> <span className="nw">{t(key, { time: w.time })}</span></>}</span>
    </Link>
  )
}

function Part({ id, title, items, reasons, now, empty }: { id: string; title: string; items: DueItem[]; reasons: Reason[]; now: number; empty?: React.ReactNode }) {
  return (
    <section aria-labelledby={id} className="today-part">
      <Head id={id} title={title} count={items.length} />
      {items.length > 0 ? <DueList items={items} reasons={reasons} now={now} label={title} /> : empty}
    </section>
  )
}

/** isNew tells that there is nobody yet, and that this person may bring customers in. */
const isNew = (day: Today, me: Me) => !day.begun && day.customers === 0 && day.due.length + day.soon.length + day.review + day.handed === 0 && (me.can.includes('import') || me.can.includes('create'))

/** NothingDue says that the day is free. */
function NothingDue({ day }: { day: Today }) {
  if (day.customers === 0 && day.begun && day.soon.length === 0) return <p className="today-none">{t('web.today.none_own')} <Link className="b6 nw" to="/$plural" params={{ plural: 'customers' }}>{t('web.today.see_all')}</Link></p>
  return <p className="today-none">{t('web.today.none')}{day.soon.length > 0 && tn('web.today.none_soon', day.soon.length)}</p>
}

/** Begin tells an empty shop how to begin. */
function Begin({ me }: { me: Me }) {
  return (
    <Nothing title={t('web.today.new_title')} action={(
      <div className="row wrap">
        {me.can.includes('import') && <Link className="btn primary" to="/import">{t('web.empty.import')}</Link>}
        {me.can.includes('create') && <Link className="btn" to="/$plural/new" params={{ plural: 'customers' }}>{t('web.new.customers')}</Link>}
      </div>
    )}>{t('web.today.new_text')}</Nothing>
  )
}

/** protects tells that somebody looks after data and follows up nobody. */
const protects = (me: Me) => me.position === 'pio'

/** NoFollow is the home of positions that look after data and follow up nobody: the doors they use. */
const NoFollow = ({ me }: { me: Me }) => (
  <Nothing title={t('web.today.no_people', { name: me.name })} action={(
    <div className="row wrap">{[customers, ...placesOf(me, 'protect')].map(p => <Link key={p.to} className="btn" to={p.to}>{p.icon}{t(p.label)}</Link>)}</div>
  )}>{t('web.today.no_follow')}</Nothing>
)

const NoPeople = ({ me }: { me: Me }) => (
  <Nothing title={t('web.today.no_people', { name: me.name })} action={me.can.includes('count') && <Link className="b6" to="/count">{t('web.nav.count')}</Link>}>{t('web.today.no_people_text')}</Nothing>
)

function Side({ me }: { me: Me }) {
  const day = useToday().data
  return (
    <>
      {me.todo.length > 0 && <Todos todo={me.todo} />}
      {me.can.includes('lookup') && !isMall(me) && <LookupBox />}
      {day && day.alerts.length > 0 && !protects(me) && <Alerts alerts={day.alerts} />}
      {day && day.team.length > 0 && !teamInMiddle(day) && <Team team={day.team} />}
      <Budgets me={me} />
      {!protects(me) && <BackupAge me={me} />}
    </>
  )
}
