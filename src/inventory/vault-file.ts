/** True for the text of a file that ansible-vault encrypted as a whole. */
export function isVaultFile(text: string): boolean {
  return text.startsWith('$ANSIBLE_VAULT;');
}
