import { useNavigate } from '@tanstack/react-router'
import { useMe } from '../api/person'
import { Forbidden } from '../shell/Lost'
import { Page } from '../shell/Page'
import { t } from '../words'
import { Join } from './AlliancePart'
import './share.css'

/** JoinPage is where the link or QR code of an alliance leads; its token stands behind #, which no server and no log sees. */
export default function JoinPage() {
  const go = useNavigate()
  const title = t('web.share.join')
  if (!useMe().can.includes('admin')) return <Forbidden title={title} />
  return <Page title={title}><div className="share"><div className="share-form"><Join given={location.hash.slice(1)} done={() => void go({ to: '/share/$part', params: { part: 'alliance' } })} /></div></div></Page>
}
