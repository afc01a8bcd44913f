import { FileOutlined } from '@ant-design/icons'
import { figures, t } from '../words'
import { Button } from './Button'
import { Meter } from './Section'

const sizeOf = (bytes: number) => (bytes < 1024 ** 2 ? `${figures(Math.max(1, Math.round(bytes / 1024)))} KB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`)

/** Sending is a file on its way, how much of it has left, and a way to stop; after is what is done once all has left. */
export function Sending({ file, sent, after, stop }: { file: File; sent: number; after: string; stop: () => void }) {
  return (
    <div className="sending" role="status">
      <div className="row"><FileOutlined className="pc" aria-hidden /><b className="el grow">{file.name}</b><span className="t3 f13 nw">{sizeOf(file.size)}</span></div>
      <Meter tall part={sent} whole={file.size} label={t('web.import.sending')} />
      <div className="row f13 t2"><span className="grow">{sent >= file.size ? after : t('web.import.sending_n', { percent: Math.floor((sent / file.size) * 100) })}</span><Button size="small" onClick={stop}>{t('web.act.cancel')}</Button></div>
    </div>
  )
}
