/**
 * Functions that compiled actions use. `scratch` names a temporary file beside its argument and has it removed however the action
 * ends; `settle` syncs and renames it; `over` renames without following a link to a directory. `$N` is the script's nonce, `$I` the
 * action's index.
 */
export const PRELUDE = `
die() { printf '%s\\n' "$*" >&2; exit 1; }
scratch() { T=\${1%/*}/.drover-$N-$I; trap 'rm -f "$T"' EXIT; trap 'exit 143' HUP INT TERM; }
expect_absent() { if [ -e "$1" ] || [ -L "$1" ]; then die "$1 appeared since it was planned; plan again"; fi; }
expect_digest() {
  [ -f "$1" ] && [ ! -L "$1" ] || die "$1 is no longer the file that was planned for; plan again"
  s=$(sha256sum <"$1"); [ "\${s%% *}" = "$2" ] || die "$1 changed since it was planned; plan again"
}
own() {
  [ -z "$2" ] || chown -h "$2" "$1"
  [ -z "$3" ] || chmod "0$3" "$1"
}
settle() { sync "$1"; over "$1" "$2"; trap - EXIT; }
over() {
  if [ -d "$2" ]; then
    [ -L "$2" ] || die "$2 is a directory now; plan again"
    mv -fT "$1" "$2" 2>/dev/null || { rm -f "$2"; mv -f "$1" "$2"; }
  else mv -f "$1" "$2"; fi
}
# A notification is a help after trouble: where it cannot be kept, the change goes on.
keep() { { [ -d "\${1%/*}" ] || mkdir -p "\${1%/*}"; printf '%s\\n' "$2" >"$1"; } 2>/dev/null || :; }
`;
