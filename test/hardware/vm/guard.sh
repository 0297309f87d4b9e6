#!/bin/sh
# guard.sh DIRECTORY QEMU…   run a TPM and the virtual machine until standard input ends (its writer has gone, however it went), then remove DIRECTORY.
# Should this shell be killed itself, the kernel ends both (setpriv --pdeathsig).

trap '' INT TERM HUP
directory=$1
shift
mkdir "$directory/tpm"
setpriv --pdeathsig KILL swtpm socket --tpm2 --tpmstate "dir=$directory/tpm" --ctrl "type=unixio,path=$directory/tpm.sock" </dev/null &
tpm=$!
tries=0
until [ -S "$directory/tpm.sock" ] || [ $tries -eq 200 ]; do
  sleep 0.05
  tries=$((tries + 1))
done
setpriv --pdeathsig KILL "$@" </dev/null &
machine=$!
echo $machine >"$directory/qemu.pid"
cat >/dev/null
kill -KILL $machine $tpm 2>/dev/null
wait
rm -rf "$directory"
