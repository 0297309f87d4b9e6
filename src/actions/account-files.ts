/**
 * Functions that edit passwd(5), group(5), shadow(5) and gshadow(5) themselves, for hosts without the tools of shadow: Debian's busybox
 * has no adduser either. Values travel in the environment, because `awk -v` would take backslashes for escapes. Files are replaced whole.
 * `edit FILE PROGRAM` runs awk; it does nothing where the file does not exist.
 */
export const EDIT_ACCOUNTS: string = `
export N_= U_= G_= C_= H_= S_= L_= O_= V_=
edit() {
  [ -f "$1" ] || return 0
  scratch "$1"; cp -a "$1" "$T"
  awk 'BEGIN { FS = OFS = ":"; N = ENVIRON["N_"] } '"$2" "$1" >"$T" || { rm -f "$T"; die "$1 could not be edited"; }
  settle "$T" "$1"
}
append() { if [ -f "$1" ]; then V_="$2"; edit "$1" '{ print } END { print ENVIRON["V_"] }'; fi; }
taken() { cut -d: -f"$3" "$1" | grep -qxF -e "$2"; }
free_number() { i=$2; while taken /etc/passwd "$i" 3 || taken /etc/group "$i" 3; do i=$((i + 1)); done; eval "$1=\\$i"; }
gid_of() { awk -F: -v n="$1" '$1 == n { print $3; exit }' /etc/group; }
home_of() { awk -F: -v n="$1" '$1 == n { print $6; exit }' /etc/passwd; }
add_group() { # NAME GID LOWEST; the number is a wish, or an order behind =
  if taken /etc/group "$1" 1; then return 0; fi
  gid=\${2#=}
  if [ "$gid" != - ] && taken /etc/group "$gid" 3; then [ "$gid" = "$2" ] || die "group number $gid is taken"; gid=-; fi
  [ "$gid" != - ] || free_number gid "$3"
  append /etc/group "$1:x:$gid:"
  append /etc/gshadow "$1:!::"
}
add_user() { # NAME LOWEST UID GROUP COMMENT HOME SHELL
  uid=$3; g=$(gid_of "$4"); comment=\${5#-}; shell=$7
  [ -n "$g" ] || die "group $4 does not exist"
  if [ "$uid" = - ]; then if taken /etc/passwd "$g" 3 || [ "$g" -lt "$2" ]; then free_number uid "$2"; else uid=$g; fi
  elif taken /etc/passwd "$uid" 3; then die "user number $uid is taken"; fi
  [ "$shell" != - ] || shell=/bin/sh
  append /etc/passwd "$1:x:$uid:$g:\${comment#=}:$6:$shell"
  append /etc/shadow "$1:!:$(($(date +%s) / 86400)):0:99999:7:::"
}
edit_user() { # NAME UID GROUP COMMENT HOME SHELL; the files in the home directory follow
  g=-; if [ "$3" != - ]; then g=$(gid_of "$3"); [ -n "$g" ] || die "group $3 does not exist"; fi
  if [ "$2" != - ] && taken /etc/passwd "$2" 3; then die "user number $2 is taken"; fi
  old=$(id -u "$1"); og=$(id -g "$1"); home=$(home_of "$1")
  N_="$1"; U_="$2"; G_="$g"; C_="$4"; H_="$5"; S_="$6"; edit /etc/passwd '
    function set(i, v) { if (v != "-") $i = v }
    $1 == N { set(3, ENVIRON["U_"]); set(4, ENVIRON["G_"]); set(6, ENVIRON["H_"]); set(7, ENVIRON["S_"])
      if (ENVIRON["C_"] != "-") $5 = substr(ENVIRON["C_"], 2) } { print }'
  [ -d "$home" ] && [ "$(stat -c %u "$home")" = "$old" ] || return 0
  [ "$g" = - ] || find "$home" -xdev -group "$og" -exec chgrp -h "$g" {} +
  [ "$2" = - ] || find "$home" -xdev -user "$old" -exec chown -h "$2" {} +
}
set_groups() { # NAME GROUP,…
  for f in /etc/group /etc/gshadow; do
    N_="$1"; L_="$2"; edit "$f" '
      { c = split($4, m, ","); o = ""; for (i = 1; i <= c; i++) if (m[i] != N) o = o (o == "" ? "" : ",") m[i]
        if (index("," ENVIRON["L_"] ",", "," $1 ",")) o = o (o == "" ? "" : ",") N
        $4 = o; print }'
  done
}
drop_user() { # NAME; its own group goes with it when nobody else is in it
  set_groups "$1" ''
  for f in /etc/passwd /etc/shadow; do N_="$1"; edit "$f" '$1 != N'; done
  g=$(gid_of "$1")
  if [ -n "$g" ] && ! taken /etc/passwd "$g" 4; then
    for f in /etc/group /etc/gshadow; do N_="$1"; edit "$f" '$1 != N || $4 != ""'; done
  fi
}
edit_group() { # NAME GID
  if taken /etc/group "$2" 3; then die "group number $2 is taken"; fi
  O_=$(gid_of "$1") G_="$2"; edit /etc/passwd '$4 == ENVIRON["O_"] { $4 = ENVIRON["G_"] } { print }'
  N_="$1"; G_="$2"; edit /etc/group '$1 == N { $3 = ENVIRON["G_"] } { print }'
}
drop_group() { # NAME
  g=$(gid_of "$1"); [ -n "$g" ] || return 0
  if taken /etc/passwd "$g" 4; then die "group $1 is the primary group of a user"; fi
  for f in /etc/group /etc/gshadow; do N_="$1"; edit "$f" '$1 != N'; done
}`.trim();
