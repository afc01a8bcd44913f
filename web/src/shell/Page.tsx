import { LeftOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { useEffect, type ReactNode } from 'react'
import { useMe } from '../api/person'
import { useNarrow } from '../parts/screen'
import { t } from '../words'
import { PurposePill } from './PurposePill'

/** Page is the frame of every page: its title, what may be done, its body. The document's title never holds a name; it says how many customers wait for an answer. */
export function Page({ title, sub, actions, back, crumb, children, bare }: {
  title: string; sub?: ReactNode; actions?: ReactNode; back?: string; crumb?: ReactNode; children: ReactNode; bare?: boolean
}) {
  const narrow = useNarrow()
  const waits = useMe().arrivals
  useEffect(() => { document.title = `${waits > 0 ? `(${waits}) ` : ''}${title} - ${t('web.brand')}` }, [title, waits])
  // a page that replaces another takes the focus that went with it
  useEffect(() => { if (document.activeElement === document.body) document.getElementById('main')?.focus({ preventScroll: true }) }, [])
  return (
    <>
      <header className="top">
        {back !== undefined && <Link to={back} className="icon-btn back" aria-label={t('web.act.back')}><LeftOutlined aria-hidden /></Link>}
        {crumb}
        <h1>{title}</h1>
        {sub && <span className="sub">{sub}</span>}
        <span className="grow" />
        {!narrow && <PurposePill />}
        {actions}
        {narrow && <PurposePill />}
      </header>
      <main id="main" className={bare ? 'body bare' : 'body'} tabIndex={-1}>{children}</main>
    </>
  )
}
