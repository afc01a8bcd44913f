import { DownloadOutlined, ReloadOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import * as calls from '../api/calls'
import { queries } from '../api/queries'
import type { Batch } from '../api/types'
import { save } from '../parts/save'
import { failed } from '../parts/toast'
import { t } from '../words'
import { putBatch } from './BatchPage'

/** RefusedFile downloads the rows that were not imported, each with its reason: once, then it is made anew. */
export function RefusedFile({ b }: { b: Batch }) {
  const get = useMutation({
    mutationFn: () => calls.refused(b.id), onSuccess: f => save(f, `kexin-refused-${b.id}.csv`), onError: failed,
    onSettled: () => void queries.invalidateQueries({ queryKey: ['batch', b.id] }),
  })
  const renew = useMutation({ mutationFn: () => calls.renewRefused(b.id), onSuccess: putBatch, onError: failed })
  if (b.fetched) return <button type="button" className="linky" disabled={renew.isPending} title={t('web.import.refused_had')} onClick={() => renew.mutate()}><ReloadOutlined aria-hidden /> {t('web.import.refused_again')}</button>
  return <button type="button" className="linky" disabled={get.isPending} onClick={() => get.mutate()}><DownloadOutlined aria-hidden /> {t('web.import.refused_file')}</button>
}
