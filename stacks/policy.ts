/** Text in which Terraform leaves `${iot:…}` as it is. What else begins with `${` is Terraform's own. */
export const forTerraform = (text: string): string => text.replaceAll('${iot:', () => '$${iot:')
