import { DownloadOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import * as calls from '../api/calls'
import type { Batch } from '../api/types'
import { save } from '../parts/save'
import { failed } from '../parts/toast'
import { t } from '../words'

/** RefusedFile downloads the rows that were not imported, each with its reason. */
export function RefusedFile({ b }: { b: Batch }) {
  const get = useMutation({ mutationFn: () => calls.refused(b.id), onSuccess: f => save(f, `kexin-refused-${b.id}.csv`), onError: failed })
  return <button type="button" className="linky" disabled={get.isPending} onClick={() => get.mutate()}><DownloadOutlined aria-hidden /> {t('web.import.refused_file')}</button>
}
