/**
 * `sh` that has nginx test a new file ($1) in the place of another ($2) among all that it reads: with a copy of nginx.conf that includes a copy
 * of conf.d. The copy lies beside the original, because relative paths are taken from there.
 */
export const CHECK = `set -eu
trial=$(mktemp -d /etc/nginx/.drover-XXXXXX)
trap 'rm -rf "$trial" "$trial.conf"' EXIT
for each in /etc/nginx/conf.d/*; do [ ! -f "$each" ] || cp "$each" "$trial/"; done
cp "$1" "$trial/$2"
sed "s,/etc/nginx/conf\\.d/,$trial/,g" /etc/nginx/nginx.conf >"$trial.conf"
nginx -t -q -c "$trial.conf"`;
