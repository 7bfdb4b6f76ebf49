/** Packs a folder's content so that the same files give the same bytes: sorted, without times, owners or the packer's name. */
export async function pack(folder: string, to: string): Promise<void> {
  const { execa } = await import('execa')
  const tar = execa(
    'tar',
    [
      '--create',
      '--sort=name',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--mode=u=rwX,go=rX',
      '--format=gnu',
      '--directory',
      folder,
      '.',
    ],
    { stdin: 'ignore', env: { LC_ALL: 'C' }, buffer: { stdout: false } },
  )
  // -n: neither a name nor a time in the header. What it writes is not kept in memory as well, where 100 MB would be too much.
  await tar.pipe('gzip', ['-n', '-6'], { stdout: { file: to }, buffer: { stdout: false } })
}
