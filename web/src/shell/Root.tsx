import { useIsMutating, useQuery } from '@tanstack/react-query'
import { Outlet, useRouterState } from '@tanstack/react-router'
import { useEffect, useMemo } from 'react'
import { ended, online } from '../api/client'
import { PersonContext, type Person } from '../api/person'
import { theSchema, whoami } from '../api/queries'
import { FollowSheet } from '../follow/FollowSheet'
import { CallSheet } from '../follow/CallSheet'
import { Fault } from '../parts/Fault'
import { Wait, useLate } from '../parts/Wait'
import { useNow, usePoll } from '../parts/clock'
import { useKeys } from '../parts/keyboard'
import { useNarrow } from '../parts/screen'
import { Toasts } from '../parts/toast'
import { isEnglish, open, t } from '../words'
import { clockOf, sayToday, zone } from '../words/time'
import { BottomTabs } from './BottomTabs'
import { hall } from './demo'
import { Help, help } from './Help'
import { Palette } from './Palette'
import { SideBar } from './SideBar'
import { StepUp } from './StepUp'

/** usePersonNow reads who is signed in and the schema; both stay fresh. */
function usePersonNow() {
  const me = useQuery(whoami)
  usePoll(60_000, () => void me.refetch())
  const schema = useQuery(theSchema)
  const person = useMemo<Person | undefined>(() => (me.data && schema.data ? { me: me.data, schema: schema.data } : undefined), [me.data, schema.data])
  return { person, error: me.error ?? schema.error, again: () => { void me.refetch(); void schema.refetch() } }
}

/** Root waits for the person, then shows the shell around the page. */
export function Root() {
  const { person, error, again } = usePersonNow()
  useEffect(() => {
    if (!person) return
    zone.name = person.me.org.zone || zone.name
    const wanted = person.me.lang
    if (isEnglish() !== (wanted === 'en')) void open(wanted)
  }, [person])
  if (person) return <PersonContext.Provider value={person}><Shell /></PersonContext.Provider>
  return <main className="alone">{error ? <><h1 className="sr">{t('web.brand')}</h1><Fault error={error} retry={again} /></> : <Wait rows={8} />}</main>
}

function Shell() {
  const narrow = useNarrow()
  useKeys({ '?': () => help.set(true) })
  useFocusOnTurn()
  return (
    <div className={narrow ? 'shell phone' : 'shell'}>
      <a className="skip" href="#main" onClick={e => { e.preventDefault(); document.getElementById('main')?.focus() }}>{t('web.nav.skip')}</a>
      {!narrow && <SideBar />}
      <div className="page"><Bars /><Outlet /></div>
      {narrow && <BottomTabs />}
      <Busy /><Palette /><Help /><StepUp /><FollowSheet /><CallSheet /><Toasts />
    </div>
  )
}

/** Busy shows over everything that something is being done and takes longer than a moment. */
function Busy() {
  const at = useIsMutating() > 0
  return at ? <Late /> : null
}

const Late = () => (useLate(600) ? <div className="busy" role="progressbar" aria-label={t('web.busy')} /> : null)

/** Bars say what is true for the whole page: no connection, invented data. */
function Bars() {
  const connected = online.use()
  const over = ended.use()
  const demo = useQuery(whoami).data?.demo === true
  return (
    <>
      {demo && <DemoBar />}
      {over && <div className="off-bar" role="alert">{t('web.ended')} <a href="/login" target="_blank" rel="noopener">{t('web.ended_go')}</a></div>}
      {!connected && <div className="off-bar" role="status">{t('web.offline')}</div>}
    </>
  )
}

/** DemoBar says that everything is invented, what time it is here, and leads to the steps and the phones. */
function DemoBar() {
  const now = useNow(15_000)
  return <div className="demo-bar">{t('web.demo')}<span className="nw">{t('web.demo_time', { at: `${sayToday(now)} ${clockOf(now)}` })}</span><a className="nw" href={hall()} target="_blank" rel="noopener">{t('web.demo_hall')}</a></div>
}

/** useFocusOnTurn moves the focus to the new page, so that a screen reader starts there. */
function useFocusOnTurn() {
  const path = useRouterState({ select: s => s.location.pathname.split('/')[1] })
  useEffect(() => {
    const active = document.activeElement
    if (active && active !== document.body && active.closest('#main, .top, [role=dialog]')) return
    document.getElementById('main')?.focus({ preventScroll: true })
  }, [path])
}
