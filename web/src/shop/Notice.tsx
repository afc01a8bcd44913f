import { CheckCircleFilled, WarningFilled } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Button } from '../parts/Button'
import * as calls from '../api/calls'
import { useCan } from '../api/person'
import type { Notice } from '../api/types'
import { Copy } from '../parts/Copy'
import { Head } from '../parts/Section'
import { t } from '../words'
import { sayFull } from '../words/time'
import { Read, useAct } from './ask'

/** NoticePlace is the notice 告知书: read it, see what is missing, publish it. */
export function NoticePlace() {
  return <Read of="notice" read={calls.notice}>{n => <NoticeBody n={n} />}</Read>
}

/** NoticeFirst shows what follows once the notice is published, and until then the notice itself, to read and publish on the spot. */
export function NoticeFirst({ title, children }: { title: string; children: ReactNode }) {
  return <Read of="notice" read={calls.notice}>{n => (n.version > 0 ? children : <section><h2 className="share-title">{title}</h2><NoticeBody n={n} /></section>)}</Read>
}

function NoticeBody({ n }: { n: Notice }) {
  const may = useCan('admin')
  const publish = useAct('notice', () => calls.publishNotice(), t('web.notice.published_now'))
  const open = n.version === 0 || n.changed
  return (
    <>
      <div className="place-acts">
        <p className="grow">{n.version > 0 ? <span className="okc"><CheckCircleFilled aria-hidden /> {t('web.notice.published', { version: n.version, at: n.published ? sayFull(n.published) : '' })}</span> : <span className="wa"><WarningFilled aria-hidden /> {t('web.notice.unpublished')}</span>}
          {n.changed && n.version > 0 && <span className="wa f13"> {t('web.notice.changed')}</span>}</p>
        {may && open && <Button type="primary" disabled={n.missing.length > 0} loading={publish.isPending} onClick={() => publish.mutate(undefined)}>{t(n.version === 0 ? 'web.notice.publish' : 'web.notice.publish_again')}</Button>}
      </div>
      {n.missing.length > 0 && <div className="note-box wa notice-missing"><b>{t('web.notice.missing')}</b><ul>{n.missing.map(m => <li key={m}>{m}</li>)}</ul><Link to="/shop/$section" params={{ section: 'settings' }}>{t('web.notice.fill')}</Link></div>}
      {n.url && n.version > 0 && <p className="pad f13 t2">{t('web.notice.public')} <a href={n.url} target="_blank" rel="noreferrer">{n.url}</a> <Copy text={n.url} /></p>}
      <section>
        <Head title={t(n.version > 0 && !n.changed ? 'web.notice.text' : 'web.notice.draft')} count={t('web.notice.seconds', { n: n.seconds })} />
        <div className="notice-text">{n.paragraphs.map((p, i) => <p key={i}>{p}</p>)}</div>
        {n.hash && <p className="pad f12 t3">{t('web.notice.hash')} <span className="mono">{n.hash}</span></p>}
      </section>
    </>
  )
}
