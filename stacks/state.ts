import { LocalBackend, S3Backend, type TerraformStack } from './bindings.ts'

/** Where Terraform's state is kept: an absolute path on this machine, or a bucket, where it is encrypted and locked. */
export type StateSettings =
  | { readonly file: string }
  | {
      readonly bucket: string
      readonly region: string
      readonly kmsKey?: string | undefined
      readonly name: string
      /** The bucket is a mock's. */
      readonly mock?: boolean
    }

export function keepsState(stack: TerraformStack, state: StateSettings): void {
  if ('file' in state) {
    new LocalBackend(stack, { path: state.file })
    return
  }
  const { bucket, region, kmsKey, name, mock } = state
  new S3Backend(stack, {
    bucket,
    region,
    key: name,
    encrypt: true,
    ...(kmsKey !== undefined && { kmsKeyId: kmsKey }),
    ...(mock && { skipCredentialsValidation: true, skipMetadataApiCheck: true, skipRegionValidation: true, usePathStyle: true }),
  })
  // Two deploys at once would each make what the other makes. The bindings do not know of it yet.
  stack.addOverride('terraform.backend.s3.use_lockfile', true)
}
