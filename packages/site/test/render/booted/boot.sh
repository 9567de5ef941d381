#!/bin/sh
# Boots the systemd of this machine as PID 1 of namespaces of its own, and ends it when standard input closes: that is also
# when whoever started this dies, however. Needs root.
#
# boot.sh ROOT CGROUP
#   ROOT    a folder: the root of what is booted; its /etc and /var are kept there
#   CGROUP  a control group (v2) that is made here, and is gone in the end
# Standard output: the process id of the booted systemd, in one line.
set -eu
inside="$(dirname "$0")/boot-inside.sh"
root=$1 cgroup=$2

mkdir "$cgroup"
(
  # 0 is whoever writes it: all that is booted is below this group, and sees nothing above it.
  echo 0 >"$cgroup/cgroup.procs"
  exec unshare --fork --pid --mount --cgroup --ipc --uts --net "$inside" "$root"
) </dev/null &

cat >/dev/null

echo 1 >"$cgroup/cgroup.kill"
wait || true
# What was killed is gone a moment later.
until grep -q '^populated 0' "$cgroup/cgroup.events"; do sleep 0.05; done
find "$cgroup" -depth -type d -exec rmdir {} +
