import { existsSync } from 'node:fs'
import path from 'node:path'
import { keptFolder } from '../engine/kept.ts'
import type { Fleet } from '../engine/inventory/types.ts'
import { outputsName, stackName } from '../roles/awsiot/names.ts'

/** Where a fleet's deploys work, and what they leave: fleets never share any of it. */
export interface Place {
  /** What is synthesised, below the project's folder. */
  readonly out: string
  /** Where Terraform works. */
  readonly stack: string
  /** What AWS has, for the next `provision`. */
  readonly outputs: string
  /** Terraform's state, unless it is kept elsewhere. */
  readonly state: string
}

export function placeOf({ file, name }: Pick<Fleet, 'file' | 'name'>): Place {
  const kept = path.resolve(keptFolder(file), 'awsiot')
  const out = path.join('cdktf.out', name)
  return {
    out,
    stack: path.join(out, 'stacks', stackName),
    outputs: path.join(kept, outputsName),
    state: path.join(kept, 'terraform.tfstate'),
  }
}

/** The state as it lay before each fleet had one of its own. */
const formerState = `terraform.${stackName}.tfstate`

/** @throws Error where a state of before lies in the project's folder: without it all would be made a second time */
export function refuseFormerState({ state }: Place, folder: string): void {
  if (existsSync(path.join(folder, formerState)) && !existsSync(state))
    throw new Error(`the state is beside the inventory now; if it is this fleet's: mv ${formerState} ${state}`)
}
