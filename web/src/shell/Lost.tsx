import { Link } from '@tanstack/react-router'
import { Nothing } from '../parts/Fault'
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
