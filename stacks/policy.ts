/** Text in which Terraform leaves AWS's own `${iot:…}` and `${topic()}` as they are. What else begins with `${` is Terraform's own. */
export const forTerraform = (text: string): string => text.replaceAll(/\$\{(?=iot:|(topic|timestamp|newuuid)\(\))/g, () => '$${')
