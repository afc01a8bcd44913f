import { Link } from '@tanstack/react-router'
import { queries, whoami } from '../api/queries'
import { Fault, Nothing } from '../parts/Fault'
import { Wait } from '../parts/Wait'
import { t } from '../words'
import { Page } from './Page'

/** Lost is a page that is not there. */
export const Lost = () => (
  <Page title={t('web.lost.title')}><Nothing title={t('web.lost.title')} action={<Link to="/">{t('web.lost.home')}</Link>}>{t('web.lost.text')}</Nothing></Page>
)

/** Forbidden says in words that a position does not have a page, and whom to ask. */
export const Forbidden = ({ title }: { title: string }) => (
  <Page title={title}><Nothing title={t('web.fault.forbidden_title')} action={<Link to="/">{t('web.lost.home')}</Link>}>{t('web.forbidden.text')}</Nothing></Page>
)

/** Broken stands where the code of a page did not come, or failed: it begins anew once the server answers. */
export const Broken = ({ error }: { error: unknown }) => (
  <main id="main" className="body" tabIndex={-1}><Fault error={error} retry={() => void queries.fetchQuery({ ...whoami, staleTime: 0 }).then(() => location.reload(), () => undefined)} /></main>
)

/** Coming stands where the code of a page is on its way. */
export const Coming = () => <main id="main" className="body" tabIndex={-1}><Wait rows={8} /></main>
