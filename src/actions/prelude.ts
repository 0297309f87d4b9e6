/** Functions that compiled actions use. `scratch` names a temporary file beside its argument; `settle` syncs and renames. `$N` is the script's nonce. */
export const PRELUDE = `
die() { printf '%s\\n' "$*" >&2; exit 1; }
scratch() { d=\${1%/*}; b=\${1##*/}; T="$d/.$b.drover-$N"; }
digest() { s=$(sha256sum <"$1"); printf '%s' "\${s%% *}"; }
expect_absent() { if [ -e "$1" ] || [ -L "$1" ]; then die "$1 appeared since it was planned; plan again"; fi; }
expect_digest() {
  [ -f "$1" ] && [ ! -L "$1" ] || die "$1 is no longer the file that was planned for; plan again"
  [ "$(digest "$1")" = "$2" ] || die "$1 changed since it was planned; plan again"
}
own() {
  [ -z "$2" ] || chown -h "$2" "$1"
  [ -z "$3" ] || chmod "$3" "$1"
}
settle() { sync "$1" 2>/dev/null || sync; mv -f "$1" "$2"; }
`;
